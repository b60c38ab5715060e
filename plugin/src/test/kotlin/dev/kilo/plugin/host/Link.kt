package dev.kilo.plugin.host

import fleet.rpc.RemoteApi
import fleet.rpc.RemoteApiDescriptor
import fleet.rpc.RemoteKind
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import java.io.BufferedReader
import java.io.IOException
import java.io.Writer
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.concurrent.thread

/** The platform's way of carrying a call to the side that implements it. Arguments, results and items are strings. */
internal interface Link {
    /** Calls [method] of the API [name]. Returns a string, or a flow of strings when [stream]. */
    suspend fun call(name: String, method: String, args: List<String>, stream: Boolean): Any?

    /** The loader of the implementation when it lives in this process. */
    val loader: ClassLoader? get() = null
}

/** What the backend registered. */
internal class Served<T : RemoteApi<Unit>>(
    private val descriptor: RemoteApiDescriptor<T>,
    private val implementation: T,
) : Link {
    override val loader: ClassLoader? get() = descriptor.javaClass.classLoader

    override suspend fun call(name: String, method: String, args: List<String>, stream: Boolean): Any? {
        check(name == descriptor.getApiFqn()) { "There is no $name." }
        return descriptor.call(implementation, method, args.toTypedArray())
    }
}

/** In-flight calls end so when the other process is gone; like the platform's, it is no [IOException]. */
internal class RouteClosed : RuntimeException("the route is closed")

/** A link to a process that runs [serveLines] on its standard streams: a line is `[id, kind, text...]`. */
internal class LineLink(input: BufferedReader, private val output: Writer) : Link {
    private val ids = AtomicLong()
    private val waiting = ConcurrentHashMap<Long, Channel<JsonArray>>()

    @Volatile
    private var closed = false

    init {
        thread(name = "host-link", isDaemon = true) {
            try {
                while (true) {
                    val line = parse(input.readLine() ?: break)
                    waiting[line.id]?.trySend(line)
                }
            } catch (_: IOException) {
                // The other process is gone.
            }
            close()
        }
    }

    fun close() {
        closed = true
        for (id in waiting.keys) waiting.remove(id)?.close(RouteClosed())
    }

    override suspend fun call(name: String, method: String, args: List<String>, stream: Boolean): Any? {
        val id = ids.incrementAndGet()
        val answers = Channel<JsonArray>(Channel.UNLIMITED)
        waiting[id] = answers
        send(id, "call", name, method, *args.toTypedArray())
        if (closed) close()
        val first = answers.receive()
        check(first.kind != "error") { first.text }
        if (!stream) return first.text.also { waiting.remove(id) }
        val items = Channel<String>(Channel.RENDEZVOUS)
        pumps.launch {
            try {
                for (answer in answers) {
                    if (answer.kind == "end") break
                    items.send(answer.text)
                }
                items.close()
            } catch (e: RouteClosed) {
                items.close(e)
            } finally {
                // Nobody collects any more.
                if (waiting.remove(id) != null && !closed) send(id, "cancel")
            }
        }
        return items.consumeAsFlow()
    }

    private fun send(id: Long, vararg texts: String) = write(output, id, *texts).let { if (!it) close() }

    private companion object {
        val pumps = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    }
}

/** Serves [link] to the process on the other end until [input] ends. */
internal fun serveLines(link: () -> Link, input: BufferedReader, output: Writer) {
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    val running = ConcurrentHashMap<Long, Job>()
    while (true) {
        val line = parse(input.readLine() ?: break)
        when (line.kind) {
            "cancel" -> running.remove(line.id)?.cancel()

            "call" -> running[line.id] = scope.launch {
                try {
                    val (name, method) = line.texts
                    when (val result = link().call(name, method, line.texts.drop(2), stream = false)) {
                        is Flow<*> -> {
                            write(output, line.id, "stream", "")
                            result.collect { write(output, line.id, "item", it as String) }
                            write(output, line.id, "end", "")
                        }

                        else -> write(output, line.id, "value", result as String)
                    }
                } catch (e: Exception) {
                    write(output, line.id, "error", e.toString())
                } finally {
                    running.remove(line.id)
                }
            }

            else -> break
        }
    }
    scope.cancel()
}

/** False when nobody reads any more. */
private fun write(output: Writer, id: Long, vararg texts: String): Boolean {
    val line = JsonArray(listOf(JsonPrimitive(id)) + texts.map(::JsonPrimitive)).toString()
    return synchronized(output) {
        try {
            output.write("$line\n")
            output.flush()
            true
        } catch (_: IOException) {
            false
        }
    }
}

private fun parse(line: String): JsonArray = Json.parseToJsonElement(line).jsonArray
private val JsonArray.id: Long get() = get(0).jsonPrimitive.long
private val JsonArray.kind: String get() = get(1).jsonPrimitive.content
private val JsonArray.texts: List<String> get() = drop(2).map { it.jsonPrimitive.content }
private val JsonArray.text: String get() = texts.firstOrNull().orEmpty()

/** Finds the backend's side; a call waits as long as there is none. */
internal class Routes {
    private val current = MutableStateFlow<Link?>(null)

    fun set(link: Link?) {
        current.value = link
    }

    /** A stub of the asking side; arguments and results are checked to be strings and flows of strings. */
    fun <T : RemoteApi<Unit>> resolve(descriptor: RemoteApiDescriptor<T>): T {
        check(current.value?.loader !== descriptor.javaClass.classLoader) { "Both sides have the same class loader." }
        return descriptor.clientStub { method, args ->
            val signature = descriptor.getSignature(method)
            check(signature.parameters.size == args.size && args.all { it is String }) { "Only strings may cross." }
            val stream = signature.returnType is RemoteKind.Flow
            val link = current.filterNotNull().first()
            val result = link.call(descriptor.getApiFqn(), method, args.map { it as String }, stream)
            check(if (stream) result is Flow<*> else result is String) { "Only strings may cross." }
            result
        }
    }

    fun link(): Link = checkNotNull(current.value) { "There is no backend." }
}
