import org.jetbrains.intellij.platform.gradle.tasks.aware.SplitModeAware
import org.jetbrains.kotlin.gradle.dsl.JvmTarget
import org.jetbrains.kotlin.gradle.dsl.KotlinJvmProjectExtension
import org.jetbrains.kotlin.gradle.dsl.KotlinVersion

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

// What all modules have in common; the same options as in pom.xml.
subprojects {
    plugins.withId("org.jetbrains.kotlin.jvm") {
        extensions.configure<KotlinJvmProjectExtension> {
            // The platform's classes are Java 21; ours run on 17.
            jvmToolchain(21)
            explicitApi()
            compilerOptions {
                jvmTarget = JvmTarget.JVM_17
                apiVersion = KotlinVersion.KOTLIN_2_2
                freeCompilerArgs.add("-jvm-default=no-compatibility")
            }
        }
        extensions.configure<JavaPluginExtension> {
            targetCompatibility = JavaVersion.VERSION_17
        }
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
        pluginModule(implementation(project(":vcs")))
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

tasks {
    // The window and the agent in one IDE process. In split mode: runIdeBackend, runIdeFrontend, or runIdeSplitMode for both.
    runIde {
        splitMode = false
        environment("KILO_CLI", file("cli-bundle/dist/kilo").path)
    }
    // `npm run plugin` writes the CLI for all platforms here; without it the plugin is for development only.
    prepareSandbox {
        from("plugin/target/zip/kilo/cli") { into("kilo/cli") }
    }
}
