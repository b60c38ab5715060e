// The IDE build, for machines that reach JetBrains' repositories. The build of CI and of the README is Maven's (pom.xml):
// both compile the same sources, and a test keeps their versions together.
rootProject.name = "kilo"

pluginManagement {
    repositories {
        gradlePluginPortal()
        mavenCentral()
    }
}

include("shared", "backend", "frontend", "vcs")
project(":vcs").projectDir = file("frontend/vcs")
