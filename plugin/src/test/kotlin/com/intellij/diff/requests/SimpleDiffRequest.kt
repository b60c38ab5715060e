package com.intellij.diff.requests

import com.intellij.diff.contents.DiffContent

@Suppress("UNUSED_PARAMETER")
public open class SimpleDiffRequest(
    title: String?,
    left: DiffContent,
    right: DiffContent,
    leftTitle: String?,
    rightTitle: String?,
) : ContentDiffRequest() {
    public val sides: List<DiffContent> = listOf(left, right)
}
