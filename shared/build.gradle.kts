plugins {
    alias(libs.plugins.kotlin.jvm)
    alias(libs.plugins.kotlin.serialization)
    alias(libs.plugins.intellij.platform.module)
}

repositories {
    intellijPlatform {
        defaultRepositories()
    }
}

sourceSets.main {
    kotlin.setSrcDirs(listOf("src/main/kotlin", "ide/src/main/kotlin"))
    resources.setSrcDirs(listOf("src/main/resources", "ide/src/main/resources"))
}

dependencies {
    intellijPlatform {
        intellijIdea(libs.versions.idea)
    }
    compileOnly(libs.coroutines.core)
    compileOnly(libs.serialization.json)
}
