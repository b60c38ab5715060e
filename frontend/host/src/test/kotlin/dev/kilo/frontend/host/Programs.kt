package dev.kilo.frontend.host

import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** The programs that window tests need: the fake model, a display, a sample project. Each ends with its owner. */
internal object Programs {
    /** Root of the repository. */
    val root: File = generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "mvnw").exists() }
    val cli: File =
        File(
            root,
            if (System.getProperty(
                    "os.name",
                ).startsWith("Windows")
            ) {
                "cli-bundle/dist/kilo.cmd"
            } else {
                "cli-bundle/dist/kilo"
            },
        )
    private val node: File? = File(root, "node_modules").listFiles { file ->
        file.name.startsWith("node-") &&
            File(file, "bin").isDirectory
    }
        ?.flatMap { listOf(File(it, "bin/node"), File(it, "bin/node.exe")) }?.firstOrNull { it.exists() }

    /** The pinned Node. */
    val nodePath: String get() = checkNotNull(node).path

    /** What is missing to run the real agent, or null. */
    val missing: String?
        get() = when {
            !cli.exists() -> "cli-bundle/dist/kilo is not built (npm run build)"
            node == null -> "the pinned Node is not installed (npm install)"
            else -> null
        }

    class FakeModel(private val process: Process, val url: String) : AutoCloseable {
        /** Gives the model what to answer next, as JSON of the testkit. */
        fun script(turns: String) {
            val request = HttpRequest.newBuilder(
                URI("$url/__script"),
            ).POST(HttpRequest.BodyPublishers.ofString("{\"turns\":$turns}")).build()
            val answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString())
            check(answer.statusCode() in 200..299) { answer.body() }
        }

        /** Everything that was asked of the model, as JSON. */
        fun requests(): String = HttpClient.newHttpClient().send(
            HttpRequest.newBuilder(URI("$url/__requests")).build(),
            HttpResponse.BodyHandlers.ofString(),
        ).body()

        /** What was to be answered next is not any more, and what was asked is forgotten. */
        fun forget() = post("__reset")

        /** Lets an answer go on that waits at `{"hold":"NAME"}`. */
        fun release(name: String) = post("__release?name=$name")

        private fun post(what: String) {
            val request = HttpRequest.newBuilder(URI("$url/$what")).POST(HttpRequest.BodyPublishers.noBody()).build()
            HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding())
        }

        override fun close() {
            process.destroy()
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly()
        }
    }

    fun fakeModel(): FakeModel {
        val process = ProcessBuilder(node.toString(), File(root, "src-ts/testkit/src/main.ts").path, "fake-model")
            .redirectError(ProcessBuilder.Redirect.DISCARD).start()
        val line = process.inputStream.bufferedReader().readLine() ?: error("The fake model did not start.")
        return FakeModel(process, line.substringAfter("listening on ").trim())
    }

    fun configuration(model: FakeModel): String {
        val options = """"options":{"baseURL":"${model.url}/v1","apiKey":"k"}"""
        val provider = """"npm":"@ai-sdk/openai-compatible","name":"Sample",$options"""
        val limits = """"limit":{"context":200000,"output":8000},"cost":{"input":1.5,"output":7}"""
        val reads = """"attachment":true,"modalities":{"input":["text","image","pdf"],"output":["text"]}"""
        val variants = """"low":{"reasoningEffort":"low"},"high":{"reasoningEffort":"high"}"""
        val efforts = """"reasoning":true,"variants":{$variants}"""
        val models =
            """"models":{"m1":{"name":"Sample model",$limits},"m2":{"name":"Sample thinker",$limits,$reads,$efforts}}"""
        return """{"provider":{"fake":{$provider,$models}},"model":"fake/m1"}"""
    }

    /** A small project under version control. */
    fun project(name: String): Path {
        val directory = Files.createTempDirectory("kilo-window").resolve(name)
        Files.createDirectories(directory.resolve("src"))
        Files.writeString(
            directory.resolve("src/login.test.ts"),
            "import { queue } from \"./queue\"\n\ntest(\"login sends a mail\", async () => {\n  await login(\"ada\")\n  await sleep(500)\n  expect(outbox).toHaveLength(1)\n})\n",
        )
        Files.writeString(
            directory.resolve("src/queue.ts"),
            "export const queue = {\n  async idle() {\n    // resolves when nothing is left to send\n  },\n}\n",
        )
        Files.writeString(
            directory.resolve("package.json"),
            "{ \"name\": \"$name\", \"scripts\": { \"test\": \"echo 14 passed\" } }\n",
        )
        for (command in listOf(
            listOf("git", "init", "-q"),
            listOf("git", "add", "."),
            listOf("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "Begin"),
        )) {
            check(ProcessBuilder(command).directory(directory.toFile()).inheritIO().start().waitFor() == 0) {
                command.joinToString(" ")
            }
        }
        return directory
    }

    /** Environment of a CLI that sees no configuration of the user. */
    fun environment(home: Path, model: FakeModel): Map<String, String> = mapOf(
        "HOME" to home.toString(),
        "XDG_CONFIG_HOME" to home.resolve("config").toString(),
        "XDG_DATA_HOME" to home.resolve("data").toString(),
        "XDG_STATE_HOME" to home.resolve("state").toString(),
        "XDG_CACHE_HOME" to home.resolve("cache").toString(),
        "KILO_CONFIG_CONTENT" to configuration(model),
    )
}
