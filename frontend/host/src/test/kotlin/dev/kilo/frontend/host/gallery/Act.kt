package dev.kilo.frontend.host.gallery

import dev.kilo.frontend.host.onEdt
import dev.kilo.frontend.model.Decision
import dev.kilo.frontend.model.changes.OpenChange
import dev.kilo.frontend.model.texts
import dev.kilo.frontend.model.transcript.RowBody
import dev.kilo.shared.message.ToolState
import dev.kilo.shared.model.ModelRef
import dev.kilo.shared.permission.PermissionReply
import dev.kilo.shared.session.SessionStatus
import java.awt.Toolkit
import java.awt.datatransfer.DataFlavor
import java.awt.datatransfer.StringSelection
import java.awt.datatransfer.Transferable
import java.awt.event.KeyEvent
import java.awt.image.BufferedImage
import javax.swing.AbstractButton
import javax.swing.JList
import javax.swing.MenuSelectionManager
import javax.swing.text.JTextComponent

/** A part of the play; each leaves an idle window without a page, and a later one may use what an earlier one made. */
internal enum class Act(val play: Stage.() -> Unit) {
    BEGINNING({
        picture("empty")
        open("welcome")
        wait("the ways to begin") { shown("settings.welcome.start.harbour") }
        picture("welcome")
        leave()
    }),
    CONVERSATION({
        script(*conversation(words))
        send(words.prompt)
        wait("the change") { shown("permission.once") }
        rename(words.title)
        settled()
        picture("permission-edit")
        allow()
        wait("the command") { asks("bash") && shown("permission.once") }
        settled()
        picture("permission-command")
        click("permission.always")
        picture("permission-rules")
        allow()
        wait("half of the answer") { answers().any { "queue" in it && it.length > words.done.length / 2 } }
        picture("streaming")
        release("stream")
        end()
        wait("the changed files") { shown("turn.changes") }
        picture("answer")
        focusOn("composer")
        click("context")
        wait("what fills it") { shown("context.compact") }
        picture("composer-context")
        onEdt { MenuSelectionManager.defaultManager().clearSelectedPath() }
        unfold { it is RowBody.Thought }
        scroll(-100_000)
        picture("reasoning")
        scroll(100_000)
    }),
    TOOLS(Stage::tools),
    FAILURE({
        fresh()
        script(listOf(failure(400, "The model harbour-large is overloaded. Try again in a minute, or choose another.")))
        send(words.others[1])
        wait("the failure") { shown("failure.retry") }
        rename(words.others[1])
        picture("failure")
        script(listOf(failure(429, "Too many requests", after = 40)))
        send("Once more")
        wait("the pause") { onEdt { session.status.value !is SessionStatus.Busy } && !idle() }
        picture("retry")
        click("stop")
        wait("the stop") { idle() }
    }),
    QUESTION({
        fresh()
        val asked = words.question
        val options = asked.options.map { (label, about) -> mapOf("label" to label, "description" to about) }
        val one = mapOf("header" to asked.header, "question" to asked.text, "options" to options)
        script(listOf(tool("question", "questions" to listOf(one))), listOf(text(words.look)))
        send(asked.prompt)
        wait("the question") { shown("question") && shown("question.option.0.1") }
        rename(asked.prompt)
        settled()
        picture("question")
        onEdt { workspace.decisions.value.filterIsInstance<Decision.Question>() }
            .forEach { onEdt { workspace.reply(it.request, listOf(listOf(asked.options[1].first))) } }
        end()
        picture("question-answered")
        val other = mapOf(
            "header" to "Retries",
            "question" to "What shall happen with a mail that could not be sent?",
            "multiple" to true,
            "options" to listOf("Try again three times", "Tell the shop's owner", "Write it to the log")
                .map { mapOf("label" to it, "description" to "") },
        )
        script(listOf(tool("question", "questions" to listOf(one, other))))
        send(asked.prompt)
        wait("the questions") { shown("question.option.0.1") }
        settled()
        picture("questions")
        onEdt { workspace.decisions.value.filterIsInstance<Decision.Question>() }
            .forEach { onEdt { workspace.reject(it.request) } }
        wait("the end") { idle() }
    }),
    COMPOSER(Stage::composer),
    SESSIONS(Stage::sessions),
    CHANGES(Stage::changes),
    SETTINGS(Stage::settings),
}

/** A turn from the first look to the last table, which stops at "stream" in the middle of its end. */
private fun conversation(words: Words) = arrayOf(
    listOf(
        reasoning(
            "The test sleeps for half a second and hopes that the mail is out by then. On a busy machine it is not. " +
                "The queue can tell when it is idle, so the test should wait for that instead.",
        ),
        text(words.look),
        tool("read", "filePath" to "src/login.test.ts"),
        tool("read", "filePath" to "src/queue.ts"),
        tool("grep", "pattern" to "sleep"),
        tool(
            "todowrite",
            "todos" to listOf(
                mapOf("content" to "Find the race", "status" to "completed", "priority" to "high"),
                mapOf(
                    "content" to "Wait for the queue, not for the clock",
                    "status" to "in_progress",
                    "priority" to "high",
                ),
                mapOf("content" to "Run the tests", "status" to "pending", "priority" to "medium"),
            ),
        ),
    ),
    listOf(
        text(words.explain),
        edit("src/login.test.ts", "  await sleep(500)", "  await queue.idle()"),
    ),
    listOf(
        tool("bash", "command" to "rm -rf .cache && sh test.sh 2>&1 | tee test.log", "description" to words.run),
    ),
    run {
        val cut = words.done.indexOf("\n\n>").let { if (it < 0) words.done.length - 40 else it }
        listOf(
            text(words.done.take(cut)),
            hold("stream"),
            text(words.done.drop(cut)),
            kotlinx.serialization.json.JsonObject(mapOf("usage" to json(mapOf("input" to 61_400, "output" to 812)))),
        )
    },
)

private fun Stage.tools() {
    fresh()
    script(
        listOf(
            tool("read", "filePath" to "src/mail/sender.ts"),
            tool("grep", "pattern" to "outbox"),
            tool("glob", "pattern" to "**/*.ts"),
            tool("list", "path" to "src"),
        ),
        listOf(
            text("The outbox is filled by `send` in `src/mail/sender.ts:4`. I'll run its tests."),
            tool("bash", "command" to "sh flaky.sh", "description" to "Run the tests"),
        ),
        listOf(text("One of them fails: it looks into the outbox before the queue is done.")),
    )
    send("Where is the outbox filled, and is that tested?")
    allowAll()
    rename("Where is the outbox filled?")
    picture("tools-terminal")
    unfold { it is RowBody.Explore }
    scroll(-100_000)
    picture("tools-explore")
    fresh()
    val page = WebPage()
    page.use {
        script(
            listOf(
                tool("webfetch", "url" to page.url, "format" to "markdown"),
                tool("read", "filePath" to "docs/checkout.png"),
            ),
            listOf(
                tool(
                    "task",
                    "description" to "Read the payment code",
                    "prompt" to "Find every place that calls the payment provider and say what each of them does.",
                    "subagent_type" to "explore",
                ),
            ),
            listOf(tool("grep", "pattern" to "login"), tool("read", "filePath" to "src/login.test.ts")),
            listOf(text("There are **two places**:\n\n1. `src/login.test.ts` logs in\n2. `src/mail/sender.ts` sends")),
            listOf(
                tool("write", "filePath" to "src/mail/pause.ts", "content" to RETRIES),
            ),
            listOf(text("Everything is where it should be.")),
        )
        send("Compare our mails with the manual, and look at the picture of the checkout")
        allowAll()
    }
    rename("Compare our mails with the manual")
    unfold { it is RowBody.Call }
    scroll(-100_000)
    picture("tools-web-image")
    scroll(100_000)
    picture("tools-sub-agent")
    focusOn("composer")
    key(KeyEvent.VK_F, KeyEvent.VK_CONTROL)
    wait("the field") { shown("find.words") }
    text("find.words", "mail")
    wait("the places") { onEdt { session.finder.state.value.places.isNotEmpty() } }
    picture("find")
    focusOn("find.words")
    key(KeyEvent.VK_ESCAPE)
    val child = onEdt { session.transcript.rows.mapNotNull { subAgent(it.body) }.last() }
    onEdt { workspace.select(child) }
    wait("its session") { shown("trail") && answers().isNotEmpty() }
    picture("sub-session")
    click("trail")
    wait("the way back") { !shown("trail") }
}

private fun subAgent(body: RowBody): String? {
    val part = (body as? RowBody.Call)?.part?.takeIf { it.tool == "task" } ?: return null
    val metadata = (part.state as? ToolState.Completed)?.metadata
    return (metadata?.get("sessionId") as? kotlinx.serialization.json.JsonPrimitive)?.content
}

private fun Stage.composer() {
    fresh()
    write("Compare @")
    wait("the files") { shown("offers") }
    picture("composer-mentions")
    write("/")
    wait("the commands") { shown("offers") }
    picture("composer-commands")
    write("")
    paste(StringSelection((1..80).joinToString("\n") { "2026-03-01T10:$it:00 mail $it was sent" }))
    val image = javax.imageio.ImageIO.read(directory.resolve("docs/checkout.png").toFile())
    paste(Image(image))
    wait("two chips") { onEdt { session.composer.composition.chips.value.size } == 2 }
    onEdt { (find("composer") as JTextComponent).replaceSelection("Why does the log say so, and the page not?") }
    picture("composer-chips")
    onEdt { session.composer.composition.chips.value.forEach { session.composer.composition.remove(it.id) } }
    write("")
    script(listOf(text(words.look), hold("gate")), listOf(text("Done.")), listOf(text("Done.")))
    send(words.others[0])
    wait("the beginning") { answers().isNotEmpty() }
    rename(words.others[0])
    for (next in words.others.drop(1)) {
        write(next)
        onEdt { session.composer.submit() }
    }
    wait("what waits") { onEdt { session.composer.waiting.value.size } == 2 }
    write("")
    picture("composer-queue")
    release("gate")
    wait("the end") { idle() && onEdt { session.composer.waiting.value.isEmpty() } }
    onEdt { workspace.app.composer.favourite(ModelRef("lighthouse", "lighthouse-code"), on = true) }
    focusOn("composer")
    key(KeyEvent.VK_M, KeyEvent.VK_CONTROL, KeyEvent.VK_SHIFT)
    wait("the models") { shown("picker.list") }
    picture("composer-models")
    onEdt { MenuSelectionManager.defaultManager().clearSelectedPath() }
}

private fun Stage.paste(content: Transferable) {
    focusOn("composer")
    onEdt { Toolkit.getDefaultToolkit().systemClipboard.setContents(content, null) }
    key(KeyEvent.VK_V, KeyEvent.VK_CONTROL)
    Thread.sleep(200)
}

private class Image(private val image: BufferedImage) : Transferable {
    override fun getTransferDataFlavors(): Array<DataFlavor> = arrayOf(DataFlavor.imageFlavor)

    override fun isDataFlavorSupported(flavor: DataFlavor): Boolean = flavor == DataFlavor.imageFlavor

    override fun getTransferData(flavor: DataFlavor): Any = image
}

private fun Stage.sessions() {
    fresh()
    script(listOf(tool("bash", "command" to "git push --force origin main", "description" to "Push")))
    send(words.others[2])
    wait("the decision") { shown("permission.once") }
    rename(words.others[2])
    val waiting = checkNotNull(onEdt { session.id })
    fresh()
    script(listOf(text(words.look), hold("later")))
    send(words.others[0])
    wait("the beginning") { answers().isNotEmpty() }
    rename(words.others[0])
    settled()
    picture("decision-elsewhere")
    open("decisions")
    wait("the list") { shown("decisions.list") }
    picture("decisions")
    leave()
    open("sessions")
    wait("the list") { shown("sessions.list") && onEdt { (find("sessions.list") as JList<*>).model.size > 3 } }
    picture("sessions")
    text("sessions.search", "queue")
    Thread.sleep(900)
    picture("sessions-search")
    text("sessions.search", "")
    leave()
    focusOn("composer")
    key(KeyEvent.VK_E, KeyEvent.VK_CONTROL)
    wait("the switcher") { shown("picker.list") }
    picture("switcher")
    onEdt { MenuSelectionManager.defaultManager().clearSelectedPath() }
    onEdt { button(texts("header.more")).doClick(0) }
    picture("menu")
    onEdt { MenuSelectionManager.defaultManager().clearSelectedPath() }
    release("later")
    wait("the end") { idle() }
    onEdt { workspace.select(waiting) }
    wait("the decision") { shown("permission.reject") }
    onEdt { workspace.permissions.value.forEach { workspace.reply(it, PermissionReply.REJECT) } }
    wait("the end") { onEdt { workspace.permissions.value.isEmpty() } && idle() }
    onEdt { workspace.delete(waiting) }
    wait("the way back") { shown("notice.action") }
    picture("notice")
    click("notice.action")
    wait("that it is back") { !shown("notice.action") }
}

private fun edit(file: String, old: String, new: String) =
    tool("edit", "filePath" to file, "oldString" to old, "newString" to new)

private const val LIMITED =
    "    // resolves when nothing is left to send, or after ten seconds\n    await Promise.race([drained(), timeout(10_000)])"
private const val LOGGED = "  outbox.push({ ...mail, subject: mail.subject.trim() })\n  log.info(\"sent\", mail.to)"
private const val RETRIES = "export const retries = 3\n\nexport const pause = (n: number) => 100 * 2 ** n\n"

private fun Stage.button(name: String): AbstractButton = find(name) as AbstractButton

private fun Stage.changes() {
    fresh()
    script(
        listOf(
            edit("src/queue.ts", "    // resolves when nothing is left to send", LIMITED),
            edit("src/mail/sender.ts", "  outbox.push(mail)", LOGGED),
            tool("write", "filePath" to "src/mail/retry.ts", "content" to RETRIES),
        ),
        listOf(tool("bash", "command" to "rm -f docs/checkout.png test.log", "description" to "Remove what is old")),
        listOf(text("The queue ends after ten seconds at the latest, and mails are tried three times.")),
    )
    send("Give the queue a time limit and try mails again")
    allowAll()
    rename("Give the queue a time limit")
    wait("the changed files") { shown("turn.changes") }
    picture("changes-turn")
    click("strip.files")
    wait("the page") { shown("changes.files") && onEdt { session.changes.open.value is OpenChange.Shown } }
    onEdt { session.changes.select("src/mail/sender.ts") }
    wait("the file") { shownFile() == "src/mail/sender.ts" }
    picture("changes")
    click("changes.tree")
    picture("changes-tree")
    widen(1240)
    click("changes.sides")
    picture("changes-sides")
    click("changes.sides")
    click("changes.tree")
    usual()
    click("hunk.undo.0")
    wait("the way back") { shown("changes.back") && onEdt { !session.changes.working.value } }
    picture("changes-undone")
    click("changes.back")
    wait("the change again") { onEdt { !session.changes.working.value } }
    leave()
    focusOn("composer")
    key(KeyEvent.VK_BACK_SPACE, KeyEvent.VK_CONTROL, KeyEvent.VK_ALT)
    wait("the question") { shown("rollback.yes") && onEdt { find("rollback.yes").isEnabled } }
    picture("rollback")
    click("rollback.yes")
    wait("the banner") { shown("rollback.done") }
    picture("rollback-done")
    write("")
    click("rollback.all")
    wait("the change again") { !shown("rollback.done") }
}

private fun Stage.shownFile(): String? = onEdt { (session.changes.open.value as? OpenChange.Shown)?.change?.file?.file }

private fun Stage.settings() {
    val pages = listOf(
        "providers", "models", "agents", "permissions", "mcp", "commands", "context", "checkpoints", "appearance",
        "usage", "files",
    )
    settings(0)
    wait("the providers") { shown("settings.provider.harbour") }
    picture("settings-providers")
    settings(pages.indexOf("permissions"))
    wait("the form") { shown("settings.permission.pattern") }
    for (rule in listOf("git status*", "git push*")) {
        text("settings.permission.pattern", rule)
        click("settings.permission.add")
        wait("the rule") { onEdt { (find("settings.permission.pattern") as JTextComponent).text.isEmpty() } }
    }
    for (page in pages.drop(1)) {
        settings(pages.indexOf(page))
        Thread.sleep(500)
        picture("settings-$page")
    }
    settings(pages.indexOf("appearance"))
    click("settings.appearance.density.compact")
    leave()
    picture("density-compact")
    settings(pages.indexOf("appearance"))
    click("settings.appearance.density.comfortable")
    leave()
    open("status")
    wait("the state") { shown("settings.status") }
    Thread.sleep(700)
    picture("status")
    leave()
    open("shortcuts")
    wait("the keys") { shown("shortcuts") }
    picture("shortcuts")
    leave()
}
