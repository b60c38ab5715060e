package dev.kilo.frontend.host.gallery

import dev.kilo.frontend.host.Programs
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import java.awt.Color
import java.awt.GradientPaint
import java.awt.RenderingHints
import java.awt.geom.Path2D
import java.awt.image.BufferedImage
import java.nio.file.Files
import java.nio.file.Path

/** What the model says next. */
internal fun text(text: String, every: Int = 0): JsonElement = buildJsonObject {
    put("text", text)
    if (every > 0) put("every", every)
}

internal fun reasoning(text: String): JsonElement = buildJsonObject { put("reasoning", text) }

internal fun hold(name: String): JsonElement = buildJsonObject { put("hold", name) }

internal fun failure(status: Int, message: String, after: Int? = null): JsonElement = buildJsonObject {
    put(
        "error",
        buildJsonObject {
            put("status", status)
            put("message", message)
            if (after != null) put("retryAfter", after)
        },
    )
}

internal fun tool(name: String, vararg args: Pair<String, Any>): JsonElement = buildJsonObject {
    put("tool", name)
    put("args", buildJsonObject { args.forEach { (key, value) -> put(key, json(value)) } })
}

internal fun json(value: Any): JsonElement = when (value) {
    is JsonElement -> value
    is List<*> -> JsonArray(value.map { json(checkNotNull(it)) })
    is Map<*, *> -> buildJsonObject { value.forEach { (k, v) -> put(k.toString(), json(checkNotNull(v))) } }
    is Number -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    else -> JsonPrimitive(value.toString())
}

/** The project in the pictures, and the models that they name. None of them exists. */
internal object Sample {
    fun project(): Path {
        val directory = Programs.project("webshop")
        write(
            directory,
            "src/mail/outbox.ts",
            """
            export interface Mail {
              to: string
              subject: string
            }

            /** What was sent, newest last. */
            export const outbox: Mail[] = []
            """,
        )
        write(
            directory,
            "src/mail/sender.ts",
            """
            import { queue } from "../queue"
            import { outbox, type Mail } from "./outbox"

            export async function send(mail: Mail) {
              await queue.idle()
              outbox.push(mail)
            }
            """,
        )
        write(
            directory,
            "test.sh",
            """
            printf '\033[1;32m PASS \033[0m src/login.test.ts \033[2m(3 tests)\033[0m\n'
            printf '\033[1;32m PASS \033[0m src/mail/sender.test.ts \033[2m(11 tests)\033[0m\n\n'
            printf ' Tests  \033[32m14 passed\033[0m (14)\n  Time  1.92 s\n'
            """,
        )
        write(
            directory,
            "flaky.sh",
            """
            printf '\033[1;32m PASS \033[0m src/mail/sender.test.ts\n\033[1;31m FAIL \033[0m src/login.test.ts\n'
            printf '\033[31m   × login sends a mail\033[0m \033[2m(512 ms)\033[0m\n\n'
            printf '     AssertionError: expected \033[32m[]\033[0m to have length \033[32m1\033[0m\n'
            printf '     \033[36m❯ src/login.test.ts:6:18\033[0m\n\n'
            printf ' Tests  \033[31m1 failed\033[0m | \033[32m13 passed\033[0m (14)\n'
            exit 1
            """,
        )
        write(
            directory,
            ".kilo/command/review.md",
            "---\ndescription: Reviews what is not committed yet\n---\nReview it.\n",
        )
        picture(directory.resolve("docs/checkout.png"))
        return directory
    }

    private fun write(directory: Path, path: String, text: String) {
        val file = directory.resolve(path)
        Files.createDirectories(file.parent)
        Files.writeString(file, text.trimIndent() + "\n")
    }

    private fun picture(file: Path) {
        val image = BufferedImage(1200, 640, BufferedImage.TYPE_INT_RGB)
        val g = image.createGraphics()
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON)
        g.paint = GradientPaint(0f, 0f, Color(0x27406B), 0f, 640f, Color(0xF2B880))
        g.fillRect(0, 0, 1200, 640)
        g.color = Color(0xFFE9C7)
        g.fillOval(760, 230, 180, 180)
        for ((at, color) in listOf(420.0 to Color(0x3C4F76), 500.0 to Color(0x2B3A5C), 570.0 to Color(0x1B2640))) {
            val hills = Path2D.Double()
            hills.moveTo(0.0, 640.0)
            hills.lineTo(0.0, at)
            hills.curveTo(260.0, at - 120, 420.0, at + 90, 660.0, at - 20)
            hills.curveTo(860.0, at - 110, 1010.0, at + 60, 1200.0, at - 60)
            hills.lineTo(1200.0, 640.0)
            hills.closePath()
            g.color = color
            g.fill(hills)
        }
        g.dispose()
        Files.createDirectories(file.parent)
        javax.imageio.ImageIO.write(image, "png", file.toFile())
    }

    fun configuration(url: String): String {
        fun model(name: String, context: Int, cost: Pair<Double, Double>, thinks: Boolean) = buildMap {
            put("name", name)
            put("limit", mapOf("context" to context, "output" to 16_000))
            put("cost", mapOf("input" to cost.first, "output" to cost.second))
            put("attachment", true)
            put("modalities", mapOf("input" to listOf("text", "image", "pdf"), "output" to listOf("text")))
            if (thinks) {
                put("reasoning", true)
                put("variants", listOf("low", "medium", "high").associateWith { mapOf("reasoningEffort" to it) })
            }
        }

        fun provider(name: String, models: Map<String, Any>) = mapOf(
            "npm" to "@ai-sdk/openai-compatible",
            "name" to name,
            "options" to mapOf("baseURL" to "$url/v1", "apiKey" to "k"),
            "models" to models,
        )
        val harbour = mapOf(
            "harbour-large" to model("Harbour Large", 200_000, 3.0 to 15.0, thinks = true),
            "harbour-mini" to model("Harbour Mini", 200_000, 0.4 to 2.0, thinks = false),
        )
        val lighthouse = mapOf(
            "lighthouse-32b" to model("Lighthouse 32B", 32_000, 0.0 to 0.0, thinks = false),
            "lighthouse-code" to model("Lighthouse Code", 128_000, 0.0 to 0.0, thinks = true),
        )
        return json(
            mapOf(
                "provider" to mapOf(
                    "harbour" to provider("Harbour", harbour),
                    "lighthouse" to provider("Lighthouse (own server)", lighthouse),
                ),
                "model" to "harbour/harbour-large",
            ),
        ).toString()
    }
}
