package dev.kilo.frontend.markdown

import org.fife.ui.rsyntaxtextarea.SyntaxConstants
import org.fife.ui.rsyntaxtextarea.Token
import org.fife.ui.rsyntaxtextarea.TokenMakerFactory
import org.fife.ui.rsyntaxtextarea.TokenTypes
import javax.swing.text.Segment

/** Splits code into coloured spans with the tokenizers of RSyntaxTextArea. Safe on any thread; long lines stay plain. */
internal object Highlighter {
    fun lines(code: String, language: String): List<CodeLine> {
        if (code.length > MAX_CODE) return plain(code)
        val rows = rows(code)
        val style = styleOf(language) ?: return rows.map { CodeLine(listOf(Span(it, Ink.PLAIN))) }
        val maker = TokenMakerFactory.getDefaultInstance().getTokenMaker(style)
        var state = TokenTypes.NULL
        return rows.map { row ->
            if (row.length > MAX_LINE) return@map CodeLine(listOf(Span(row, Ink.PLAIN)))
            val chars = row.toCharArray()
            var token: Token? = maker.getTokenList(Segment(chars, 0, chars.size), state, 0)
            state = maker.getLastTokenTypeOnLine(Segment(chars, 0, chars.size), state)
            val spans = ArrayList<Span>()
            while (token != null && token.isPaintable) {
                val ink = inkOf(token.type)
                val last = spans.lastOrNull()
                if (last != null && last.ink == ink) {
                    spans[spans.size - 1] = Span(last.text + token.lexeme, ink)
                } else {
                    spans += Span(token.lexeme, ink)
                }
                token = token.nextToken
            }
            CodeLine(spans.ifEmpty { listOf(Span(row, Ink.PLAIN)) })
        }
    }

    /** Lines without colours, for what is not code or too much of it. */
    fun plain(code: String): List<CodeLine> = rows(code).map { CodeLine(listOf(Span(it, Ink.PLAIN))) }

    /** What can't be seen but changes what is seen stands out. A line of megabytes is shown in part. */
    private fun rows(code: String): List<String> =
        code.replace("\r\n", "\n").removeSuffix("\n").split('\n').map { row ->
            val cut = if (row.length > MAX_SHOWN) row.take(MAX_SHOWN) + " …" else row
            if (cut.none { it < ' ' || it.hidden || it == '\u007f' }) return@map cut
            buildString(cut.length) {
                for (c in cut) {
                    when {
                        c == '\t' -> append("    ")
                        c.hidden -> append('\ufffd')
                        c >= ' ' && c != '\u007f' -> append(c)
                    }
                }
            }
        }

    /** Whether [extension] is one of a file that people name in their texts. */
    fun knows(extension: String): Boolean = extension.lowercase() in STYLES || extension.lowercase() in TEXTS

    /** How files of [language] usually end, empty when unknown. */
    fun extensionOf(language: String): String {
        val name = language.lowercase().trim()
        val style = STYLES[name]
        if (name in EXTENSIONS) return name
        if (style == null) return if (name.length > LONGEST) "" else name.filter { it.isLetterOrDigit() }
        return EXTENSIONS.firstOrNull { STYLES[it] == style }.orEmpty()
    }

    /** The language of a file, by its name. */
    fun languageOf(file: String): String =
        file.substringAfterLast('/').substringAfterLast('\\').substringAfterLast('.', "")

    private fun inkOf(type: Int): Ink = when (type) {
        TokenTypes.COMMENT_EOL,
        TokenTypes.COMMENT_MULTILINE,
        TokenTypes.COMMENT_DOCUMENTATION,
        TokenTypes.COMMENT_MARKUP,
        TokenTypes.COMMENT_KEYWORD,
        -> Ink.COMMENT

        TokenTypes.RESERVED_WORD,
        TokenTypes.RESERVED_WORD_2,
        TokenTypes.LITERAL_BOOLEAN,
        TokenTypes.PREPROCESSOR,
        -> Ink.KEYWORD

        TokenTypes.LITERAL_STRING_DOUBLE_QUOTE,
        TokenTypes.LITERAL_CHAR,
        TokenTypes.LITERAL_BACKQUOTE,
        TokenTypes.MARKUP_TAG_ATTRIBUTE_VALUE,
        TokenTypes.REGEX,
        -> Ink.STRING

        TokenTypes.LITERAL_NUMBER_DECIMAL_INT,
        TokenTypes.LITERAL_NUMBER_FLOAT,
        TokenTypes.LITERAL_NUMBER_HEXADECIMAL,
        -> Ink.NUMBER

        TokenTypes.FUNCTION, TokenTypes.DATA_TYPE, TokenTypes.ANNOTATION -> Ink.NAME

        TokenTypes.MARKUP_TAG_NAME, TokenTypes.MARKUP_TAG_ATTRIBUTE, TokenTypes.VARIABLE -> Ink.MARKUP

        else -> Ink.PLAIN
    }

    private fun styleOf(language: String): String? = STYLES[language.lowercase().trim()]

    private val STYLES: Map<String, String> = HashMap<String, String>().apply {
        fun add(style: String, vararg names: String) = names.forEach { put(it, style) }
        add(SyntaxConstants.SYNTAX_STYLE_KOTLIN, "kotlin", "kt", "kts")
        add(SyntaxConstants.SYNTAX_STYLE_JAVA, "java")
        add(SyntaxConstants.SYNTAX_STYLE_TYPESCRIPT, "typescript", "ts", "tsx", "mts", "cts")
        add(SyntaxConstants.SYNTAX_STYLE_JAVASCRIPT, "javascript", "js", "jsx", "mjs", "cjs")
        add(SyntaxConstants.SYNTAX_STYLE_PYTHON, "python", "py")
        add(SyntaxConstants.SYNTAX_STYLE_GO, "go", "golang")
        add(SyntaxConstants.SYNTAX_STYLE_RUST, "rust", "rs")
        add(SyntaxConstants.SYNTAX_STYLE_C, "c", "h")
        add(SyntaxConstants.SYNTAX_STYLE_CPLUSPLUS, "cpp", "c++", "cc", "hpp")
        add(SyntaxConstants.SYNTAX_STYLE_CSHARP, "csharp", "cs", "c#")
        add(SyntaxConstants.SYNTAX_STYLE_UNIX_SHELL, "bash", "sh", "shell", "zsh", "console")
        add(SyntaxConstants.SYNTAX_STYLE_JSON_WITH_COMMENTS, "json", "jsonc", "json5")
        add(SyntaxConstants.SYNTAX_STYLE_YAML, "yaml", "yml")
        add(SyntaxConstants.SYNTAX_STYLE_XML, "xml", "svg", "pom")
        add(SyntaxConstants.SYNTAX_STYLE_HTML, "html", "vue", "svelte")
        add(SyntaxConstants.SYNTAX_STYLE_CSS, "css", "scss")
        add(SyntaxConstants.SYNTAX_STYLE_LESS, "less")
        add(SyntaxConstants.SYNTAX_STYLE_SQL, "sql")
        add(SyntaxConstants.SYNTAX_STYLE_RUBY, "ruby", "rb")
        add(SyntaxConstants.SYNTAX_STYLE_PHP, "php")
        add(SyntaxConstants.SYNTAX_STYLE_SCALA, "scala")
        add(SyntaxConstants.SYNTAX_STYLE_GROOVY, "groovy", "gradle")
        add(SyntaxConstants.SYNTAX_STYLE_LUA, "lua")
        add(SyntaxConstants.SYNTAX_STYLE_PERL, "perl", "pl")
        add(SyntaxConstants.SYNTAX_STYLE_DOCKERFILE, "dockerfile", "docker")
        add(SyntaxConstants.SYNTAX_STYLE_MAKEFILE, "make", "makefile", "mk")
        add(SyntaxConstants.SYNTAX_STYLE_PROPERTIES_FILE, "properties", "ini", "toml", "env")
        add(SyntaxConstants.SYNTAX_STYLE_WINDOWS_BATCH, "bat", "cmd")
        add(SyntaxConstants.SYNTAX_STYLE_DART, "dart")
    }

    private val EXTENSIONS = (
        "kt java ts tsx js jsx py go rs c h cpp hpp cs sh json yaml xml svg html css scss less sql rb php scala " +
            "gradle groovy lua pl properties toml bat dart md txt csv"
        ).split(' ')
    private const val LONGEST = 5
    private val TEXTS = setOf("md", "txt", "csv", "log", "lock", "png", "jpg", "jpeg", "gif", "pdf", "swift", "proto")
    private const val MAX_LINE = 2000
    private const val MAX_SHOWN = 4000
    private const val MAX_CODE = 400_000
}
