package dev.kilo.frontend.ui.transcript

/** Heights of the rows with sums in O(log n): a Fenwick tree, rebuilt when rows come or go in the middle. */
internal class Heights {
    private var values = IntArray(16)
    private var tree = IntArray(17)
    var size: Int = 0
        private set
    var total: Int = 0
        private set

    fun get(index: Int): Int = values[index]

    fun set(index: Int, value: Int) {
        val delta = value - values[index]
        if (delta == 0) return
        values[index] = value
        total += delta
        var i = index + 1
        while (i <= size) {
            tree[i] += delta
            i += i and -i
        }
    }

    fun splice(index: Int, removed: Int, added: List<Int>) {
        val kept = size - index - removed
        val new = IntArray(maxOf(16, (size - removed + added.size) * 3 / 2))
        values.copyInto(new, 0, 0, index)
        for (i in added.indices) new[index + i] = added[i]
        values.copyInto(new, index + added.size, index + removed, index + removed + kept)
        size = size - removed + added.size
        values = new
        build()
    }

    fun reset(all: List<Int>) {
        size = 0
        splice(0, 0, all)
    }

    private fun build() {
        tree = IntArray(values.size + 1)
        total = 0
        for (i in 1..size) {
            total += values[i - 1]
            tree[i] += values[i - 1]
            val up = i + (i and -i)
            if (up <= size) tree[up] += tree[i]
        }
    }

    /** Where row [index] begins. */
    fun top(index: Int): Int {
        var i = index
        var sum = 0
        while (i > 0) {
            sum += tree[i]
            i -= i and -i
        }
        return sum
    }

    /** The row at height [y]. */
    fun at(y: Int): Int {
        var index = 0
        var rest = y
        var step = Integer.highestOneBit(size.coerceAtLeast(1))
        while (step > 0) {
            val next = index + step
            if (next <= size && tree[next] <= rest) {
                index = next
                rest -= tree[next]
            }
            step = step shr 1
        }
        return index
    }
}
