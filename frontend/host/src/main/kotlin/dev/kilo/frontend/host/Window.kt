package dev.kilo.frontend.host

import com.formdev.flatlaf.FlatDarkLaf
import com.formdev.flatlaf.FlatLaf
import com.formdev.flatlaf.FlatLightLaf
import dev.kilo.frontend.model.AppModel
import dev.kilo.frontend.model.WorkspaceModel
import dev.kilo.frontend.model.texts
import dev.kilo.frontend.ui.ChatView
import dev.kilo.frontend.ui.ViewHost
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.swing.Swing
import java.awt.BasicStroke
import java.awt.BorderLayout
import java.awt.Color
import java.awt.Desktop
import java.awt.Dimension
import java.awt.Font
import java.awt.GraphicsEnvironment
import java.awt.Image
import java.awt.RenderingHints
import java.awt.event.WindowAdapter
import java.awt.event.WindowEvent
import java.awt.image.BufferedImage
import java.io.IOException
import java.net.URI
import javax.swing.JFrame
import javax.swing.JLabel
import javax.swing.JPanel
import javax.swing.SwingConstants
import javax.swing.SwingUtilities
import javax.swing.UIManager

/** The stand-alone window. It is shown before the backend is there; [attach] gives it one. EDT only. */
internal class Window(private val options: Options, private val settings: Settings, private val closed: () -> Unit) :
    ViewHost {
    val frame = JFrame(texts("app.title"))
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Swing)
    private var app: AppModel? = null
    private var chat: ChatView? = null
    var workspace: WorkspaceModel? = null
        private set
    private val baseFont: Font

    override val themes: Boolean get() = true

    init {
        look(options.dark ?: settings.dark ?: false)
        baseFont = UIManager.getFont("defaultFont") ?: UIManager.getFont("Label.font")
        if (settings.zoom != 0) enlarge()
        frame.title = "${java.io.File(options.directory).name} – ${texts("app.title")}"
        frame.iconImages = listOf(16, 32, 64).map(::mark)
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
        val model = AppModel(running.backend, scope, Dispatchers.Swing)
        val opened = model.open(options.directory)
        if (options.agent != null || options.model != null) opened.current.value.pick(options.agent, options.model)
        options.prompt?.let { opened.current.value.draft = it }
        val view = ChatView(model, opened, this)
        app = model
        workspace = opened
        chat = view
        frame.contentPane = view
        frame.validate()
        view.focus()
        view.paintImmediately(0, 0, view.width, view.height)
        SwingUtilities.invokeLater(ready)
    }

    /** Says in the window why there is no chat. */
    fun fail(message: String) {
        frame.contentPane = JPanel(BorderLayout()).apply {
            add(JLabel(message, SwingConstants.CENTER).apply { putClientProperty("html.disable", true) })
        }
        frame.validate()
    }

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

    override fun theme(dark: Boolean) {
        settings.dark = dark
        look(dark)
        FlatLaf.updateUI()
        chat?.restyle()
    }

    private fun enlarge() {
        UIManager.put("defaultFont", baseFont.deriveFont(baseFont.size2D * (1 + settings.zoom * 0.1f)))
    }

    private fun look(dark: Boolean) {
        val own = if (dark) {
            mapOf(
                "@background" to "#26282b",
                "@componentBackground" to "#1e1f22",
                "@foreground" to "#d6d9de",
            )
        } else {
            mapOf("@background" to "#f4f5f7", "@foreground" to "#1d2026")
        }
        FlatLaf.setGlobalExtraDefaults(own + ("@accentColor" to if (dark) "#6b8afd" else "#4263eb"))
        if (dark) FlatDarkLaf.setup() else FlatLightLaf.setup()
    }

    private fun mark(size: Int): Image {
        val image = BufferedImage(size, size, BufferedImage.TYPE_INT_ARGB)
        val g = image.createGraphics()
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON)
        g.scale(size / 16.0, size / 16.0)
        g.color = Color(0x4C6EF5)
        g.fillRoundRect(0, 0, 16, 16, 6, 6)
        g.color = Color.WHITE
        g.stroke = BasicStroke(1.9f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        g.draw(java.awt.geom.Line2D.Double(5.0, 3.6, 5.0, 12.4))
        g.draw(java.awt.geom.Line2D.Double(11.3, 3.6, 5.4, 8.6))
        g.draw(java.awt.geom.Line2D.Double(7.5, 7.2, 11.5, 12.4))
        g.dispose()
        return image
    }
}
