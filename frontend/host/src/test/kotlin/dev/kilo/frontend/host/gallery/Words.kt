package dev.kilo.frontend.host.gallery

import java.util.Locale

/** What is said in the pictures, in the language of the window. */
internal class Words(
    val title: String,
    val prompt: String,
    val look: String,
    val explain: String,
    val done: String,
    val run: String,
    val question: Asked,
    val others: List<String>,
    val rules: String = "Never push by yourself.",
) {
    class Asked(val prompt: String, val header: String, val text: String, val options: List<Pair<String, String>>)

    companion object {
        fun of(locale: Locale): Words = when (locale.language) {
            "de" -> GERMAN
            "ja" -> JAPANESE
            "zh" -> CHINESE
            else -> ENGLISH
        }
    }
}

private fun code(note: String) =
    "```ts\nawait login(\"ada\")\nawait queue.idle() // $note\nexpect(outbox).toHaveLength(1)\n```"

private val ENGLISH = Words(
    title = "Make the login test stable",
    prompt = "Make the login test stable, it fails every other run on CI",
    look = "I'll look at the test and at the queue that it waits for.",
    explain = "The test **races with the mail queue**: it sleeps for 500 ms and expects the mail to be out by then. " +
        "`queue.idle()` in `src/queue.ts:2` resolves exactly when nothing is left to send:\n\n" +
        code("instead of sleep(500)"),
    done = "The test is stable now. It waits for the queue instead of the clock.\n\n" +
        "| Run | Before | After |\n|:---|---:|---:|\n| alone | 0.9 s | **0.2 s** |\n" +
        "| 20 times in a row | 11 failures | **none** |\n\n" +
        "1. `src/login.test.ts` no longer sleeps.\n2. All 14 tests pass, also twenty times in a row.\n\n" +
        "> Three other tests sleep as well. Shall I change them too?",
    run = "Run the tests without their cache",
    question = Words.Asked(
        "Send the mails through a service",
        "Service",
        "Which service shall send the mails?",
        listOf(
            "Keep SMTP" to "Nothing new to run, but no retries",
            "A queue in the database" to "Survives a restart, one more table",
            "A service of its own" to "Scales alone, one more thing to watch",
        ),
    ),
    others = listOf(
        "Explain how checkout computes taxes",
        "Remove the old payment provider",
        "Speed up the search page",
    ),
)

private val GERMAN = Words(
    title = "Den Login-Test stabil machen",
    prompt = "Mach den Login-Test stabil, er schlägt in der CI bei jedem zweiten Lauf fehl",
    look = "Ich sehe mir den Test an und die Warteschlange, auf die er wartet.",
    explain =
    "Der Test **läuft mit der Mail-Warteschlange um die Wette**: Er schläft 500 ms und erwartet, dass die Mail dann " +
        "verschickt ist. `queue.idle()` wird genau dann fertig, wenn nichts mehr zu senden ist:\n\n" +
        code("statt sleep(500)"),
    done = "Der Test ist jetzt stabil. Er wartet auf die Warteschlange statt auf die Uhr.\n\n" +
        "| Lauf | Vorher | Nachher |\n|:---|---:|---:|\n| allein | 0,9 s | **0,2 s** |\n" +
        "| zwanzigmal hintereinander | 11 Fehlschläge | **keiner** |\n\n" +
        "1. `src/login.test.ts` schläft nicht mehr.\n2. Alle 14 Tests sind grün, auch zwanzigmal hintereinander.\n\n" +
        "> Drei weitere Tests schlafen ebenfalls. Soll ich sie auch ändern?",
    run = "Tests ohne Zwischenspeicher ausführen",
    question = Words.Asked(
        "Verschicke die Mails über einen Dienst",
        "Dienst",
        "Welcher Dienst soll die Mails verschicken?",
        listOf(
            "Bei SMTP bleiben" to "Nichts Neues im Betrieb, aber keine Wiederholungen",
            "Eine Warteschlange in der Datenbank" to "Übersteht einen Neustart, eine Tabelle mehr",
            "Ein eigener Dienst" to "Wächst für sich allein, muss aber überwacht werden",
        ),
    ),
    others = listOf("Erkläre die Steuerberechnung", "Alten Zahlungsanbieter entfernen", "Suchseite beschleunigen"),
)

private val JAPANESE = Words(
    title = "ログインテストを安定させる",
    prompt = "ログインテストを安定させてください。CI で二回に一回は失敗します",
    look = "テストと、テストが待っているキューを確認します。",
    explain = "このテストは**メールのキューと競合しています**。500 ms だけ待って、その間にメールが送信されることを期待しています。" +
        "`queue.idle()` は、送るものがなくなったちょうどその時に完了します。\n\n" + code("sleep(500) の代わり"),
    done = "テストは安定しました。時計ではなくキューを待つようになっています。\n\n" +
        "| 実行 | 変更前 | 変更後 |\n|:---|---:|---:|\n| 単独 | 0.9 秒 | **0.2 秒** |\n" +
        "| 二十回連続 | 失敗 11 回 | **なし** |\n\n" +
        "1. `src/login.test.ts` はもう待ち時間を使いません。\n2. 14 件のテストはすべて成功します。\n\n" +
        "> ほかにも三つのテストが待ち時間を使っています。そちらも変更しますか。",
    run = "キャッシュなしでテストを実行する",
    question = Words.Asked(
        "メールをサービス経由で送ってください",
        "サービス",
        "どのサービスでメールを送りますか。",
        listOf(
            "SMTP のまま" to "新しく動かすものはないが、再送もない",
            "データベースのキュー" to "再起動しても失われない。テーブルが一つ増える",
            "独立したサービス" to "単独で拡張できるが、監視するものが増える",
        ),
    ),
    others = listOf("税額の計算方法を説明する", "古い決済サービスを外す", "検索ページを速くする"),
)

private val CHINESE = Words(
    title = "让登录测试稳定下来",
    prompt = "让登录测试稳定下来，它在 CI 上每两次就会失败一次",
    look = "我先看看这个测试，以及它所等待的队列。",
    explain = "这个测试**与邮件队列存在竞争**：它睡眠 500 毫秒，并期望邮件在那之前已经发出。" +
        "`queue.idle()` 正好在没有待发送内容时完成：\n\n" + code("代替 sleep(500)"),
    done = "测试现在稳定了。它等待的是队列，而不是时钟。\n\n" +
        "| 运行 | 之前 | 之后 |\n|:---|---:|---:|\n| 单独运行 | 0.9 秒 | **0.2 秒** |\n" +
        "| 连续二十次 | 11 次失败 | **无** |\n\n" +
        "1. `src/login.test.ts` 不再睡眠。\n2. 全部 14 个测试通过，连续运行二十次也一样。\n\n" +
        "> 另外还有三个测试也在睡眠。要一起修改吗？",
    run = "不使用缓存运行测试",
    question = Words.Asked(
        "通过服务发送邮件",
        "服务",
        "应该用哪个服务发送邮件？",
        listOf(
            "保留 SMTP" to "不需要新增运行的东西，但没有重试",
            "数据库中的队列" to "重启后仍然保留，多一张表",
            "独立的服务" to "可以单独扩展，但要多监控一样东西",
        ),
    ),
    others = listOf("说明结账时如何计算税费", "移除旧的支付服务商", "加快搜索页面"),
)
