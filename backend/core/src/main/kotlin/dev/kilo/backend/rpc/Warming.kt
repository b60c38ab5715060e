package dev.kilo.backend.rpc

import dev.kilo.client.model.MessageWithParts
import dev.kilo.shared.message.MessagePage
import dev.kilo.shared.rpc.RpcJson
import kotlinx.serialization.builtins.ListSerializer

/**
 * Reads and writes a page of a transcript that nobody asked for, so that the first one that is asked for finds its classes
 * loaded and its code compiled: in a fresh Java that is most of the time which opening a session takes.
 */
internal object Warming {
    private const val ROUNDS = 40
    private const val TIME = """{"start":1,"end":2}"""
    private const val TOKENS = """{"input":1,"output":1,"reasoning":1,"cache":{"read":1,"write":1}}"""
    private const val INPUT = """{"command":"ls","flags":[1,true,null]}"""

    /** Returns how many parts were read. */
    fun run(): Int {
        var parts = 0
        repeat(ROUNDS) {
            val wire = ClientJson.json.decodeFromString(ListSerializer(MessageWithParts.serializer()), SAMPLE)
            val page = MessagePage(wire.map { it.toMessageWithParts() }, epoch = "", asOf = 0)
            val sent = RpcJson.encodeToJsonElement(MessagePage.serializer(), page)
            val arrived = RpcJson.parseToJsonElement(sent.toString())
            parts += RpcJson.decodeFromJsonElement(MessagePage.serializer(), arrived).messages.sumOf { it.parts.size }
        }
        return parts
    }

    private fun part(id: Int, message: String, body: String) =
        """{"id":"prt_$id","sessionID":"ses_1","messageID":"$message",$body}"""

    private fun tool(id: Int, state: String) =
        part(id, "msg_2", """"type":"tool","callID":"c$id","tool":"bash","state":{"input":$INPUT,$state}""")

    private fun parts(): List<String> = listOf(
        part(2, "msg_2", """"type":"step-start""""),
        part(3, "msg_2", """"type":"reasoning","text":"why","time":$TIME"""),
        part(4, "msg_2", """"type":"text","text":"a\nb","time":$TIME"""),
        tool(5, """"status":"completed","output":"x","title":"t","metadata":{"diff":"d"},"time":$TIME"""),
        tool(6, """"status":"error","error":"x","time":$TIME"""),
        part(7, "msg_2", """"type":"step-finish","reason":"stop","cost":0.1,"tokens":$TOKENS"""),
    )

    private val SAMPLE = """[
        {"info":{"id":"msg_1","sessionID":"ses_1","role":"user","time":{"created":1},"agent":"code",
          "model":{"providerID":"p","modelID":"m"}},
         "parts":[${part(1, "msg_1", """"type":"text","text":"ask"""")}]},
        {"info":{"id":"msg_2","sessionID":"ses_1","role":"assistant","time":{"created":1,"completed":2},
          "parentID":"msg_1","modelID":"m","providerID":"p","mode":"code","agent":"code",
          "path":{"cwd":"/","root":"/"},"cost":0.1,"tokens":$TOKENS,"finish":"stop"},
         "parts":[${parts().joinToString(",")}]}]"""
}
