package dev.kilo.plugin

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest
import java.util.HexFormat
import java.util.zip.ZipFile

class FirstUseTest {
    @TempDir
    lateinit var temporary: Path

    @Test
    fun `an installed zip unpacks its agent once, although backends are killed and start together`() {
        val zip = temporary.resolve("kilo.zip")
        val staged = temporary.resolve("kilo")
        folder.toFile().copyRecursively(staged.toFile())
        agent(Files.createDirectories(staged.resolve("cli")))
        pack(staged, zip)
        assertEquals(emptyList<String>(), problemsOf(zip))
        val installed = install(zip, temporary.resolve("plugins"))
        platformLoader().use { platform ->
            val collected = collected(platform) {
                val frontend = sideLoader("frontend", platform)
                val inside = ModuleLoader("inside", listOf(classPath("plugin/target/test-classes")), listOf(frontend))
                val java = backendProcess(platform, "-Dkilo.installed=$installed")
                scenario(platform, "FirstUse", frontend, inside, java)
                listOf(frontend, inside)
            }
            collected.run()
        }
    }

    /** The same files as `npm run plugin` makes, compressed in a hurry. */
    private fun agent(target: Path) {
        val dist = root.resolve("cli-bundle/dist")
        val stage = temporary.resolve("bundle")
        for (name in listOf(
            "kilo",
            "kilo.cmd",
            "lib",
        )) {
            dist.resolve(name).toFile().copyRecursively(stage.resolve(name).toFile())
        }
        stage.resolve("lib/cache").toFile().deleteRecursively()
        val native = temporary.resolve("native")
        val part = "lib/node_modules/@lydell/node-pty-$PLATFORM"
        stage.resolve(part).toFile().copyRecursively(native.resolve(part).toFile())
        stage.resolve(part).toFile().deleteRecursively()
        pack(native, target.resolve("native-$PLATFORM.zip"), base = native)
        pack(stage, target.resolve("bundle.zip"), base = stage)
        val node = dist.resolve("node/bin/node")
        val packed = target.resolve("node-$PLATFORM.xz")
        compress(node, packed, preset = STORED)
        val made = listOf(
            target.resolve("bundle.zip") to stage,
            packed to node,
            target.resolve("native-$PLATFORM.zip") to native,
        )
        val files = made.joinToString(",") { (file, content) ->
            """"${file.fileName}":{"sha256":"${sha(file)}","unpacked":${sizeOf(content)}}"""
        }
        Files.writeString(target.resolve("manifest.json"), """{"version":"0.1.0","files":{$files}}""")
    }

    /** As an IDE does: no executable bits, nothing run. */
    private fun install(zip: Path, plugins: Path): Path {
        ZipFile(zip.toFile()).use { file ->
            for (entry in file.stream().filter { !it.isDirectory }.toList()) {
                val target = plugins.resolve(entry.name)
                Files.createDirectories(target.parent)
                file.getInputStream(entry).use { Files.copy(it, target) }
            }
        }
        return plugins.resolve("kilo")
    }

    private fun sizeOf(path: Path): Long =
        Files.walk(path).use { all -> all.filter(Files::isRegularFile).mapToLong(Files::size).sum() }

    private fun sha(file: Path): String {
        val digest = MessageDigest.getInstance("SHA-256")
        Files.newInputStream(file).use { input ->
            val buffer = ByteArray(1 shl 16)
            while (true) {
                val count = input.read(buffer)
                if (count < 0) break
                digest.update(buffer, 0, count)
            }
        }
        return HexFormat.of().formatHex(digest.digest())
    }

    private companion object {
        val root: Path = Path.of(checkNotNull(System.getProperty("kilo.root")) { "Run the tests with Maven." })

        /** The only platform that this is run on. */
        const val PLATFORM = "linux-x64"
    }
}
