plugins {
    alias(libs.plugins.kotlin.jvm)
    alias(libs.plugins.intellij.platform.module)
}

repositories {
    intellijPlatform {
        defaultRepositories()
    }
}

sourceSets.main {
    kotlin.setSrcDirs(listOf("src/main/kotlin"))
    resources.setSrcDirs(listOf("src/main/resources"))
}

dependencies {
    intellijPlatform {
        intellijIdea(libs.versions.idea)
        // To confirm: whether the module has to be named, or is on the class path already.
        bundledModule("intellij.platform.vcs")
    }
    compileOnly(libs.coroutines.core)
    implementation(project(":shared"))
    implementation(project(":frontend"))
}
