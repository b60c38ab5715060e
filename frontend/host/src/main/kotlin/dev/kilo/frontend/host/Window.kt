package dev.kilo.frontend.host

import com.formdev.flatlaf.FlatLaf
import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.composer.FileViewStore
import dev.kilo.frontend.model.readable
import dev.kilo.frontend.model.texts
import dev.kilo.frontend.ui.ChatView
import dev.kilo.frontend.ui.Look
import dev.kilo.frontend.ui.ViewHost
import dev.kilo.frontend.ui.Warmup
import dev.kilo.shared.app.BackendException
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.swing.Swing
import kotlinx.coroutines.yield
import java.awt.BorderLayout
import java.awt.Desktop
import java.awt.Dimension
import java.awt.Font
import java.awt.GraphicsEnvironment
import java.awt.event.WindowAdapter
import java.awt.event.WindowEvent
import java.io.IOException
import java.net.URI
import javax.swing.BorderFactory
import javax.swing.JFrame
import javax.swing.JLabel
import javax.swing.JOptionPane
import javax.swing.JPanel
import javax.swing.JTextArea
import javax.swing.SwingConstants
import javax.swing.UIManager

/**
 * The stand-alone window. It is shown before the backend is there; [attach] gives it one. EDT only, and after
 * [Looks.prepare].
 */
internal class Window(private val options: Options, private val settings: Settings, private val closed: () -> Unit) :
    ViewHost {
    val frame = JFrame(texts("app.title"))
    private val scope =
        CoroutineScope(SupervisorJob() + Dispatchers.Swing + CoroutineExceptionHandler { _, e -> stray(e) })
    private var running: Running? = null
    private var app: AppModel? = null
    private var chat: ChatView? = null
    var workspace: WorkspaceModel? = null
        private set
    private val baseFont: Font

    override val themes: Boolean get() = true

    init {
        baseFont = UIManager.getFont("defaultFont") ?: UIManager.getFont("Label.font")
        if (settings.zoom != 0) enlarge()
        frame.title = "${java.io.File(options.directory).name} – ${texts("app.title")}"
        frame.iconImages = Looks.marks
        frame.defaultCloseOperation = JFrame.DO_NOTHING_ON_CLOSE
        frame.minimumSize = Dimension(360, 420)
        frame.contentPane = JPanel(BorderLayout()).apply {
            background = UIManager.getColor("EditorPane.background")
            add(
                JLabel(texts("banner.starting"), SwingConstants.CENTER).apply {
                    foreground =
                        UIManager.getColor("Label.disabledForeground")
                },
            )
        }
        val bounds = settings.bounds?.takeIf { saved ->
            GraphicsEnvironment.getLocalGraphicsEnvironment().screenDevices.any {
                it.defaultConfiguration.bounds.intersects(saved)
            }
        }
        if (bounds != null) {
            frame.bounds = bounds
        } else {
            val screen = GraphicsEnvironment.getLocalGraphicsEnvironment().maximumWindowBounds
            frame.setSize(minOf(760, screen.width), minOf(900, screen.height))
            frame.setLocationRelativeTo(null)
        }
        frame.addWindowListener(object : WindowAdapter() {
            override fun windowClosing(e: WindowEvent?) = close()
        })
    }

    fun show() {
        frame.isVisible = true
    }

    /** Shows the chat of [running]. [ready] runs when it has been painted and the composer can be typed into. */
    fun attach(running: Running, ready: () -> Unit) {
        this.running = running
        val model = AppModel(running.backend, scope, Dispatchers.Swing, FileViewStore(settings.viewFolder))
        val opened = model.open(options.directory)
        if (options.agent != null || options.model != null) opened.current.value.pick(options.agent, options.model)
        options.prompt?.let { opened.current.value.composer.composition.write(it) }
        app = model
        workspace = opened
        // One step an event, so that the window answers in between.
        scope.launch {
            for (step in Warmup.steps) {
                step()
                yield()
            }
            val view = ChatView(model, opened, this@Window)
            chat = view
            yield()
            frame.contentPane = view
            frame.validate()
            yield()
            view.focus()
            view.paintImmediately(0, 0, view.width, view.height)
            yield()
            ready()
        }
    }

    /** Asks whether a backend that is seen for the first time is the user's own. Saying nothing means no. */
    fun trusts(stranger: Stranger): Boolean {
        val text = arrayOf(texts("trust.unknown", stranger.place), fingerprint(stranger), texts("trust.compare"))
        val choices = arrayOf(texts("trust.yes"), texts("trust.no"))
        val chosen = JOptionPane.showOptionDialog(
            frame,
            text,
            texts("trust.title"),
            JOptionPane.DEFAULT_OPTION,
            JOptionPane.WARNING_MESSAGE,
            null,
            choices,
            choices[1],
        )
        return chosen == 0
    }

    /** In lines that fit, to be selected and copied. */
    private fun fingerprint(stranger: Stranger) = JTextArea(
        stranger.readable.chunked(FINGERPRINT_LINE).joinToString("\n") { it.removeSuffix(":") },
    ).apply {
        isEditable = false
        font = Font(Font.MONOSPACED, Font.PLAIN, baseFont.size)
        border = BorderFactory.createEmptyBorder(8, 8, 8, 8)
    }

    /** Says in the window why there is no chat. */
    fun fail(message: String) {
        frame.contentPane = JPanel(BorderLayout()).apply {
            background = UIManager.getColor("EditorPane.background")
            add(
                JTextArea(message).apply {
                    isEditable = false
                    lineWrap = true
                    wrapStyleWord = true
                    font = baseFont
                    border = BorderFactory.createEmptyBorder(24, 24, 24, 24)
                },
            )
        }
        frame.validate()
    }

    /** What a call threw and nobody waited for. While the backend is being stopped that is no news; otherwise it is told. */
    private fun stray(error: Throwable) {
        if (error !is BackendException) {
            val thread = Thread.currentThread()
            return thread.uncaughtExceptionHandler.uncaughtException(thread, error)
        }
        if (running?.ended != true) app?.notices?.post(readable(error))
    }

    /** The notices that are shown. */
    fun notices(): List<String> = app?.notices?.list?.value.orEmpty().map { it.text }

    fun close() {
        settings.bounds = frame.bounds
        settings.save()
        frame.isVisible = false
        chat?.close()
        app?.close()
        scope.cancel()
        frame.dispose()
        closed()
    }

    override fun browse(url: String) {
        Thread({
            try {
                if (Desktop.isDesktopSupported() &&
                    Desktop.getDesktop().isSupported(Desktop.Action.BROWSE)
                ) {
                    Desktop.getDesktop().browse(URI(url))
                }
            } catch (e: IOException) {
                app?.notices?.post("$url: ${e.message}")
            } catch (e: java.net.URISyntaxException) {
                app?.notices?.post("$url: ${e.reason}")
            }
        }, "kilo-browse").start()
    }

    override fun zoom(step: Int) {
        settings.zoom = if (step == 0) 0 else (settings.zoom + step).coerceIn(-4, 12)
        enlarge()
        FlatLaf.updateUI()
        chat?.restyle()
    }

    override fun theme(look: Look) {
        settings.look = look
        Looks.apply(look)
        FlatLaf.updateUI()
        chat?.restyle()
    }

    private fun enlarge() {
        UIManager.put("defaultFont", baseFont.deriveFont(baseFont.size2D * (1 + settings.zoom * 0.1f)))
    }

    private companion object {
        /** Eight bytes as hex with their colons. */
        const val FINGERPRINT_LINE = 24
    }
}
