import type { Engine, EventMap, Instance } from "@kilo-split/engine"
import {
  idOf,
  NotFoundError,
  TuiCommand,
  TuiEvent,
  TuiRequest,
  TuiResponse,
  TuiText,
  TuiToast,
  z,
} from "../schema/index.ts"
import { define, type Route } from "./define.ts"

/** How long `control/next` is held; then an empty request says that there was none. */
const HOLD_MS = 20_000
const TOAST_MS = 5_000

type TuiEventType = "tui.prompt.append" | "tui.command.execute" | "tui.toast.show" | "tui.session.select"

interface Given {
  engine: Engine
  instance(): Promise<Instance>
}

async function publish<T extends TuiEventType>({ engine, instance }: Given, type: T, properties: EventMap[T]) {
  engine.bus.publish((await instance()).scope, type, properties)
  return true
}

/** Names that older clients use for the same commands. */
const COMMANDS: Record<string, string> = {
  session_new: "session.new",
  session_share: "session.share",
  session_interrupt: "session.interrupt",
  session_compact: "session.compact",
  messages_page_up: "session.page.up",
  messages_page_down: "session.page.down",
  messages_half_page_up: "session.half.page.up",
  messages_half_page_down: "session.half.page.down",
  messages_first: "session.first",
  messages_last: "session.last",
  agent_cycle: "agent.cycle",
}

function command(path: string, operationId: string, summary: string, name: string): Route {
  return define({ method: "post", path, operationId, tag: "tui", summary, routed: true, ok: z.boolean() }, (call) =>
    publish(call, "tui.command.execute", { command: name }),
  )
}

/** Control of a terminal interface, which listens to the events that these operations publish. */
export const tuiRoutes: Route[] = [
  define(
    {
      method: "post",
      path: "/tui/append-prompt",
      operationId: "tui.appendPrompt",
      tag: "tui",
      summary: "Add text to the prompt",
      body: TuiText,
      routed: true,
      ok: z.boolean(),
    },
    (call) => publish(call, "tui.prompt.append", call.body),
  ),
  command("/tui/submit-prompt", "tui.submitPrompt", "Send the prompt", "prompt.submit"),
  command("/tui/clear-prompt", "tui.clearPrompt", "Empty the prompt", "prompt.clear"),
  command("/tui/open-help", "tui.openHelp", "Show the help", "help.show"),
  command("/tui/open-sessions", "tui.openSessions", "Show the sessions", "session.list"),
  command("/tui/open-themes", "tui.openThemes", "Show the themes", "theme.list"),
  command("/tui/open-models", "tui.openModels", "Show the models", "model.list"),
  define(
    {
      method: "post",
      path: "/tui/execute-command",
      operationId: "tui.executeCommand",
      tag: "tui",
      summary: "Run a command of the interface",
      body: TuiCommand,
      routed: true,
      ok: z.boolean(),
    },
    (call) => publish(call, "tui.command.execute", { command: COMMANDS[call.body.command] ?? call.body.command }),
  ),
  define(
    {
      method: "post",
      path: "/tui/show-toast",
      operationId: "tui.showToast",
      tag: "tui",
      summary: "Show a short notice",
      body: TuiToast,
      routed: true,
      ok: z.boolean(),
    },
    (call) => publish(call, "tui.toast.show", toast(call.body)),
  ),
  define(
    {
      method: "post",
      path: "/tui/publish",
      operationId: "tui.publish",
      tag: "tui",
      summary: "Publish one of the interface's events",
      body: TuiEvent,
      routed: true,
      ok: z.boolean(),
    },
    (call) => {
      const { body } = call
      switch (body.type) {
        case "tui.prompt.append":
          return publish(call, body.type, body.properties)
        case "tui.command.execute":
          return publish(call, body.type, body.properties)
        case "tui.toast.show":
          return publish(call, body.type, toast(body.properties))
        case "tui.session.select":
          return publish(call, body.type, body.properties)
      }
    },
  ),
  define(
    {
      method: "post",
      path: "/tui/select-session",
      operationId: "tui.selectSession",
      tag: "tui",
      summary: "Show a session",
      body: z.object({ sessionID: idOf("ses") }).openapi("TuiSelectSession"),
      routed: true,
      ok: z.boolean(),
      errors: { 404: NotFoundError },
    },
    (call) => {
      call.engine.sessions.get(call.body.sessionID)
      return publish(call, "tui.session.select", call.body)
    },
  ),
  define(
    {
      method: "get",
      path: "/tui/control/next",
      operationId: "tui.control.next",
      tag: "tui",
      summary: "The next request for the interface; held for a while, then with an empty path when there is none",
      routed: true,
      ok: TuiRequest,
    },
    ({ signal }) =>
      // Nothing of this server asks its interface for answers yet, so there is never more to hand out than this.
      new Promise((done) => {
        const timer = setTimeout(() => done({ path: "", body: null }), HOLD_MS)
        timer.unref()
        signal.addEventListener("abort", () => {
          clearTimeout(timer)
          done({ path: "", body: null })
        })
      }),
  ),
  define(
    {
      method: "post",
      path: "/tui/control/response",
      operationId: "tui.control.response",
      tag: "tui",
      summary: "The interface's answer to a request",
      body: TuiResponse,
      routed: true,
      ok: z.boolean(),
    },
    () => true,
  ),
]

function toast(given: z.infer<typeof TuiToast>): EventMap["tui.toast.show"] {
  const { title, message, variant, duration = TOAST_MS } = given
  return { ...(title === undefined ? {} : { title }), message, variant, duration }
}
