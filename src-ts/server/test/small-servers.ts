/** Command of an MCP server of a few lines: one tool `echo`, over standard input and output. Its arguments are ignored. */
export const ECHO_SERVER = [process.execPath, "-e", echo()]

/** Command of a language server of a few lines that finds nothing. */
export const SILENT_LSP = [process.execPath, "-e", silent()]

function echo(): string {
  return `
    const send = (it) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...it }) + "\\n")
    const tool = { name: "echo", description: "Says it again", inputSchema: { type: "object", properties: { text: { type: "string" } } } }
    const answers = {
      initialize: () => ({ protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "echo", version: "1" } }),
      "tools/list": () => ({ tools: [tool] }),
      "tools/call": ({ arguments: { text } }) => ({ content: [{ type: "text", text: String(text) }] }),
    }
    if (process.env.STARTS) require("node:fs").appendFileSync(process.env.STARTS, process.pid + "\\n")
    let rest = ""
    process.stdin.setEncoding("utf8").on("data", (text) => {
      rest += text
      for (let at = rest.indexOf("\\n"); at >= 0; at = rest.indexOf("\\n")) {
        const { id, method, params } = JSON.parse(rest.slice(0, at))
        rest = rest.slice(at + 1)
        if (id !== undefined) send({ id, result: (answers[method] ?? (() => ({})))(params) })
      }
    }).on("end", () => process.exit(0))`
}

function silent(): string {
  return `
    const send = (it) => {
      const text = JSON.stringify({ jsonrpc: "2.0", ...it })
      process.stdout.write("Content-Length: " + Buffer.byteLength(text) + "\\r\\n\\r\\n" + text)
    }
    let rest = Buffer.alloc(0)
    process.stdin.on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes])
      for (;;) {
        const head = /^Content-Length: (\\d+)\\r\\n(?:.+\\r\\n)*\\r\\n/.exec(rest.toString("latin1"))
        if (!head || rest.length < head[0].length + Number(head[1])) return
        const { id, method, params } = JSON.parse(rest.subarray(head[0].length, head[0].length + Number(head[1])))
        rest = rest.subarray(head[0].length + Number(head[1]))
        if (method === "initialize") send({ id, result: { capabilities: { textDocumentSync: 1 } } })
        else if (id !== undefined) send({ id, result: null })
        else if (method === "textDocument/didOpen")
          send({ method: "textDocument/publishDiagnostics", params: { uri: params.textDocument.uri, diagnostics: [] } })
      }
    }).on("end", () => process.exit(0))`
}
