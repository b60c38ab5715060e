plugins {
    alias(libs.plugins.kotlin.jvm)
    alias(libs.plugins.kotlin.serialization)
    alias(libs.plugins.intellij.platform.module)
    alias(libs.plugins.openapi.generator)
}

repositories {
    intellijPlatform {
        defaultRepositories()
    }
}

val client = layout.buildDirectory.dir("client")

// The same document and the same options as in the Maven build.
openApiGenerate {
    generatorName = "kotlin"
    inputSpec = rootDir.resolve("openapi/kilo.json").path
    configFile = rootDir.resolve("openapi/generator.yaml").path
    outputDir = client.map { it.asFile.path }
}

tasks.compileKotlin {
    dependsOn(tasks.openApiGenerate)
}

sourceSets.main {
    kotlin.setSrcDirs(listOf("core/src/main/kotlin", "ide/src/main/kotlin", client.map { it.dir("src/main/kotlin") }))
    resources.setSrcDirs(listOf("core/src/main/resources", "ide/src/main/resources"))
}

kotlin {
    // Half of it is generated.
    explicitApiWarning()
}

dependencies {
    intellijPlatform {
        intellijIdea(libs.versions.idea)
    }
    compileOnly(libs.coroutines.core)
    compileOnly(libs.serialization.json)
    implementation(project(":shared"))
    implementation(libs.okhttp)
    implementation(libs.okhttp.sse)
    implementation(libs.xz)
}
