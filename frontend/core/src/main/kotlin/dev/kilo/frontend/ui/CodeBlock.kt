package dev.kilo.frontend.ui

import dev.kilo.frontend.markdown.Block

/** Code with its language, and what one can do with it: copy it, put it into the editor, make it a file. */
internal class CodeBlock(val language: String) : Card(fill = { it.card }) {
    private val code = CodeText()
    private val insert = Quiet(null, Icons.insert, Strings["code.insert"])
    private var source = ""

    init {
        val bar = Line(pad = Insets4(2, 12, 0, 4))
        bar.fill(Caption(language.ifEmpty { Strings["code"] }, { it.muted }, { it.small }))
        bar.end(insert).addActionListener { Views.host(this)?.insert(source) }
        bar.end(Quiet(null, Icons.newFile, Strings["code.create"]).apply { name = "code.create" })
            .addActionListener { Views.create(this, source, language) }
        bar.end(Quiet(null, Icons.copy, Strings["copy.code"])).addActionListener { Views.copy(source) }
        add(bar)
        add(Stack(pad = Insets4(0, 12, 8, 6)).apply { add(Sideways(code)) })
    }

    override fun addNotify() {
        super.addNotify()
        insert.isVisible = Views.host(this)?.inserts == true
    }

    fun show(block: Block.Code) {
        code.lines = block.lines
        source = block.source
    }
}
