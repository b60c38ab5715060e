import org.jetbrains.intellij.platform.gradle.tasks.aware.SplitModeAware

// Not run on the machines that build and test this project: they can't reach Gradle's and JetBrains' repositories.
plugins {
    alias(libs.plugins.kotlin.jvm) apply false
    alias(libs.plugins.kotlin.serialization) apply false
    alias(libs.plugins.intellij.platform.module) apply false
    alias(libs.plugins.openapi.generator) apply false
    alias(libs.plugins.intellij.platform)
}

group = "dev.kilo"
version = Regex("<version>(.+?)</version>").find(file("pom.xml").readText())?.groupValues?.get(1) ?: error("pom.xml has no version.")

allprojects {
    repositories {
        mavenCentral()
    }
}

repositories {
    intellijPlatform {
        defaultRepositories()
    }
}

sourceSets.main {
    resources.srcDir("plugin/src/main/resources")
}

dependencies {
    intellijPlatform {
        intellijIdea(libs.versions.idea)
        pluginModule(implementation(project(":shared")))
        pluginModule(implementation(project(":backend")))
        pluginModule(implementation(project(":frontend")))
        pluginVerifier()
        zipSigner()
    }
}

intellijPlatform {
    projectName = "kilo"
    buildSearchableOptions = false
    splitMode = true
    pluginInstallationTarget = SplitModeAware.PluginInstallationTarget.BOTH
    pluginConfiguration {
        version = project.version.toString()
        ideaVersion {
            sinceBuild = "253"
            untilBuild = provider { null }
        }
    }
    pluginVerification {
        ides {
            recommended()
        }
    }
    // Secrets come from the environment only.
    signing {
        certificateChain = providers.environmentVariable("CERTIFICATE_CHAIN")
        privateKey = providers.environmentVariable("PRIVATE_KEY")
        password = providers.environmentVariable("PRIVATE_KEY_PASSWORD")
    }
    publishing {
        token = providers.environmentVariable("PUBLISH_TOKEN")
    }
}

val runIdeSplitMode by intellijPlatformTesting.runIde.registering {
    splitMode = true
    pluginInstallationTarget = SplitModeAware.PluginInstallationTarget.BOTH
}

tasks {
    // The window and the agent in one IDE process; runIdeSplitMode starts both sides.
    runIde {
        splitMode = false
        environment("KILO_CLI", file("cli-bundle/dist/kilo").path)
    }
    // `npm run plugin` writes the CLI for all platforms here; without it the plugin is for development only.
    prepareSandbox {
        from("plugin/target/zip/kilo/cli") { into("kilo/cli") }
    }
}
