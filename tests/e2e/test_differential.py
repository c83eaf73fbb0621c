"""The same script in user space and in the kernel: the same output.

A begin probe runs in the interpreter; with --user-probes-in-kernel it is
compiled to eBPF and run there once. Whatever the two print, in which order,
with which errors and exit status, must not differ.
"""

import unittest

import session

IN_KERNEL = "--user-probes-in-kernel"

# Each is the body of a begin probe; `global` lines go in front.
CASES = {
    "arithmetic": (
        "global a = 7, b = -3, big = 0x7fffffffffffffff",
        'a += 0; b += 0; big += 0;'
        'printf("%d %d %d %d %d\\n", a + b, a - b, a * b, a / b, a % b)'
        'printf("%d %d %d\\n", b / 2, b % 2, b / -2)'
        'printf("%d %d %d %d\\n", a << 3, b >> 1, b >>> 60, ~a)'
        'printf("%d %d %d\\n", a & b, a | b, a ^ b)'
        'printf("%d %d\\n", big + 1, -big - 1)'
        'printf("%d%d%d%d%d%d\\n", a < b, a <= b, a > b, a >= b, a == b, a != b)'
        'printf("%d%d%d%d\\n", a && 0, a || 0, !a, !!a)'),
    "smallest number": (
        "global low = -9223372036854775807, m = -1",
        'low -= 1; m += 0; printf("%d %d %d\\n", low, low / m, low % m)'),
    "division by zero": (
        "global z, y = 5", 'z += 0; println("before") println(y / z) println("after")'),
    "modulo by zero caught": (
        "global z", 'z += 0; try { println(5 % z) } catch (m) { println("caught ", m) }'),
    "formats of numbers": (
        "global n = 42, m = -42",
        'n += 0; m += 0;'
        'printf("%d|%5d|%-5d|%05d|%+d|% d\\n", n, n, n, n, n, n)'
        'printf("%i|%u|%x|%X|%o|%#x|%#o|%p\\n", m, n, n, m, n, n, n, n)'
        'printf("%.5d|%8.3d|%-8.3d|%c%c|%%\\n", n, m, n, 72, 105)'
        'printf("%*d|%-*d|%.*d\\n", 6, n, 6, n, 4, n)'),
    "formats of strings": (
        'global s = "abcdef"',
        's .= ""; printf("%s|%10s|%-10s|%.3s|%8.2s|%-8.2s|%*s\\n", s, s, s, s, s, s, 9, s)'),
    "sprintf kept": (
        'global s, n = 255, m = -7',
        'n += 0; m += 0; s = sprintf("%d|%5d|%-5d|%05d|%x|%X|%o|%p|%c|%s|%.2s|%8s|%-8s|", '
        'm, n, n, n, n, n, n, n, 65, "xyz", "xyz", "xyz", "xyz"); println(s) println(strlen(s))'),
    "sprintf rare flags": (
        'global s, n = 255, m = -7',
        'n += 0; m += 0; s = sprintf("%+d|% d|%#x|%#o|%.5d|%8.3d|%-8.3d|%*d|%u", '
        'n, n, n, n, m, m, m, 6, m, n); println(s) println(strlen(s))'),
    "sprintf of memory": (
        'global s, n = 6, t',
        'n += 0; t = task_current(); c = &@cast(t, "task_struct")->comm[0]; '
        's = sprintf("%M|%.6M|%20.6M|%-20.6M|%.*M|%.3m|%*b|%.*b|%-4.*b", c, c, c, c, n, c, c, 2, 0x4142, '
        '1, 0x43, 2, 0x4445); println(s) println(strlen(s)) '
        'printf("%M|%.6M|%20.6M|%-20.6M|%.*M|%.3m\\n", c, c, c, c, n, c, c)'),
    "concatenation": (
        'global s = "ab", t', 's .= "cd"; t = s . "-" . s; println(t) println(strlen(t))'
        't = t . t . t; println(t)'),
    "cut at MAXSTRINGLEN": (
        'global s', 's = "0123456789abcdef"; for (i = 0; i < 6; i++) s = s . s; '
        'println(strlen(s)) println(substr(s, 500, 20))'),
    "comparison of strings": (
        'global a = "apple", b = "apples"',
        'a .= ""; b .= ""; printf("%d%d%d%d%d%d\\n", a < b, a <= b, a > b, a >= b, a == b, a != b)'
        'printf("%d%d\\n", a == "apple", b < "banana") println(a . "s" == b)'),
    "string functions": (
        'global s = "Hello, world of strings"',
        's .= ""; println(strlen(s)) println(substr(s, 7, 5)) println(substr(s, 20, 50))'
        'println(stringat(s, 4)) println(isinstr(s, "world")) println(isinstr(s, "mars"))'
        'println(strpos(s, "o")) println(strpos(s, "zz")) println(tolower(s)) println(toupper(s))'),
    "str_replace": (
        'global s = "a-b-c-"', 's .= ""; println(str_replace(s, "-", "::"))'),
    "strtol": (
        'global s = "-123"', 's .= ""; println(strtol(s, 10)) println(strtol("0x1f", 16)) '
        'println(strtol("077", 8)) println(strtol("zz", 10))'),
    "tokenize": (
        'global s = "one two,three"',
        's .= ""; t = tokenize(s, " ,"); while (t != "") { println(t) t = tokenize("", " ,") }'),
    "text_str": ('global s = "a\\tb\\n\\"c\\001"', 's .= ""; println(text_str(s))'),
    "loops": (
        "global n = 5",
        'n += 0; for (i = 0; i < n; i++) { if (i == 1) continue if (i == 4) break printf("%d ", i) }'
        'while (n > 0) n--; println(n)'),
    "nested loops": (
        "global sum", 'for (i = 0; i < 8; i++) for (j = 0; j < i; j++) sum += j; println(sum)'),
    "runaway": ("global x", 'while (1) { x++ if (x < 0) println(x) }'),
    "arrays": (
        "global a, b",
        'a[1, "x"] = 5; a[2, "y"] = 6; a[1, "x"] += 10; a[2, "y"]++; b["k"] = "v"; b["k"] .= "w";'
        'printf("%d %d %d %s[%s]\\n", a[1, "x"], a[2, "y"], a[3, "z"], b["k"], b["none"])'
        'println([1, "x"] in a, [9, "x"] in a, "k" in b) delete a[1, "x"] println([1, "x"] in a)'
        'println(a[2, "y"]++) println(++a[2, "y"]) println(a[2, "y"]--)'),
    "array overflow": ("global a[3]", 'for (i = 0; i < 10; i++) a[i] = i; println("after")'),
    "global strings": (
        'global s', 's = "first"; println(s) s = "a longer second"; println(s) s = ""; println(s, "|")'),
    "statistics": (
        "global s, n = 7",
        'n += 0; for (i = 0; i < 20; i++) s <<< (i - 5) * n; '
        'printf("%d %d %d %d %d\\n", @count(s), @sum(s), @min(s), @max(s), @avg(s))'
        'if (@count(s) == 20) s <<< -9223372036854775807 - 1; println(@min(s), " ", @max(s))'),
    "statistics in arrays": (
        "global s",
        'for (i = 0; i < 20; i++) s[i % 3, "key"] <<< i * i - 30; '
        'for (i = 0; i < 3; i++) printf("%d %d %d %d %d\\n", @count(s[i, "key"]), '
        '@sum(s[i, "key"]), @min(s[i, "key"]), @max(s[i, "key"]), @avg(s[i, "key"]))'
        'println(@count(s[9, "key"]), @sum(s[9, "key"]), [1, "key"] in s) delete s[1, "key"] '
        'println([1, "key"] in s, @count(s[1, "key"])) s[1, "key"] <<< 4 println(@sum(s[1, "key"]))'),
    "statistics drawn at the end": (
        "global s, t, h\nprobe end { print(@hist_log(s)) print(@hist_linear(t, 0, 100, 7)) "
        'printf("%d %d %d\\n", @variance(s), @variance(s, 0), @hist_log(s)[66]) '
        'foreach (k+ in h) printf("%d %d %d\\n", k, @count(h[k]), @variance(h[k], 4)) '
        'foreach (k in h @max- limit 2) println(k, " ", @max(h[k])) }',
        "for (i = -3; i < 100; i++) { s <<< i * i * i; t <<< i; h[i & 3] <<< i * 1000000 }"),
    "statistics that nobody reads": (
        "global agg, byname, once",
        'for (i = 1; i < 9; i++) { agg <<< i; byname[i & 1 ? "odd" : "even", i & 4] <<< i * i; '
        'once[i] <<< i } '),
    "statistics of nothing": ("global s", 'if (0) s <<< 1; println(@count(s), @sum(s)) println(@avg(s))'),
    "statistics overflow": (
        "global s[2]", 'for (i = 0; i < 5; i++) s[i] <<< i; println(@count(s[0]))'),
    "foreach": (
        "global a, names, s, n = 9",
        'n += 0; for (i = 0; i < n; i++) { a[i, i & 1 ? "odd" : "even"] = i * 10; '
        'names[i] = sprintf("name %d", i); s[i] <<< i; s[i] <<< 3 } '
        'foreach (v = [k, t] in a) { sum += v; keys += k; if (t != (k & 1 ? "odd" : "even")) println("bad") } '
        'println(sum, " ", keys) foreach ([k, t] in a limit 4) few++; println(few) '
        'foreach (w = [k] in names) { if (w != sprintf("name %d", k)) println("bad") c++ } println(c) '
        'foreach (k in s) total += @sum(s[k]); println(total) '
        'foreach (k in names) { foreach (j in names) { if (j == k) continue pairs++ } last = k } '
        'println(pairs, " ", last >= 0 && last < n) '
        'foreach (k in names) { if (k == 4) break seen++ } println(seen < n)'),
    "foreach over a slice": (
        "global a, n = 6",
        'n += 0; for (i = 0; i < n; i++) { a[i, "x", i % 3] = i; a[i, "y", i % 3] = -i } '
        'foreach (v = [i, t, r] in a[*, "y", 1]) { sum += v; if (t != "y" || r != 1) println("bad") } '
        'foreach ([i, t, r] in a[n - 1, *, *]) count++; println(sum, " ", count) '
        'foreach ([i, t, r] in a[*, "nobody", *]) println("bad")'),
    "slices": (
        "global a, n = 3",
        'n += 0; for (i = 0; i < 5; i++) { a[i, "x"] = i; a[i, "a longer key"] = i } '
        'println([*, "x"] in a, [*, "z"] in a, [n, *] in a, [9, *] in a, [*, *] in a) '
        'delete a[n, *] println([n, "x"] in a, [2, "x"] in a) '
        'delete a[*, "a longer key"] println([*, "a longer key"] in a, [*, "x"] in a) '
        'delete a[*, *] println([*, *] in a)'),
    "whole arrays deleted": (
        "global a, s, t, u, n",
        'for (i = 0; i < 40; i++) { a[i] = i; s[i, "k"] <<< i; t <<< i; u = sprintf("%d", i) } n = 5; '
        'delete a; delete s; delete t; delete u; delete n; '
        'foreach (k in a) left++; foreach ([k, t1] in s) left++; println(left, @count(t), u, n) '
        'a[1] = 2; s[1, "k"] <<< 5; t <<< 6; t <<< 8; println(a[1], @sum(s[1, "k"]), @sum(t), @min(t)) '
        'delete t; t <<< 1; println(@count(t), @max(t))'),
    "runaway foreach": (
        "global a", 'for (i = 0; i < 300; i++) a[i] = i; while (1) foreach (k in a) sum += k; println(sum)'),
    "regular expressions": (
        'global s = "Linux version 6.18.44-fc", t = "kworker/3:1H-kblockd", n',
        's .= ""; t .= ""; n += 0; '
        'println(s =~ "version", s !~ "version", s =~ "^version", s =~ "fc$", s =~ "[0-9]+\\\\.[0-9]+", s =~ "") '
        'println("abc" =~ "b", "abc" =~ "^$", "" =~ "^$", t =~ "^kworker/[0-9]+:[0-9]+H?-", s =~ "x|y|z") '
        'println(s =~ "e(r|s)*(i{2,3}|[^0-9 ]+$)", t =~ "[[:digit:]]{2}", t =~ "(k.*){3}")'),
    "groups of regular expressions": (
        'global s = "Linux version 6.18.44-fc", n',
        's .= ""; n += 0; if (s =~ "([0-9]+)\\\\.([0-9]+)(\\\\.([0-9]+))?(x)?") { println(ngroups()) '
        'for (i = 0; i <= ngroups(); i++) printf("%d=%s|", i, matched(i)) println("") } '
        'try { println(matched(n + 6)) } catch (m) { println(m) } '
        'try { println(matched(n - 1)) } catch (m) { println(m) } '
        'if (s !~ "nothing") try { println(matched(n)) } catch (m) { println(m) } '
        'try { println(ngroups()) } catch (m) { println(m) } '
        'if (s =~ "(a|ab)(c|bcd)?|ver(s)(i*)") println(matched(3) . matched(4) . "<" . matched(1) . ">") '
        'println(strlen(matched(0)))'),
    "no match at all": ("global n", 'n += 0; println("before") println(matched(n))'),
    "increments": (
        "global g = 10", 'println(g++) println(++g) println(g--) println(--g) l = g; println(l++, ++l)'),
    "functions": (
        "function fib:long(n:long) { a = 0; b = 1; for (i = 0; i < n; i++) { t = a + b; a = b; b = t } "
        "return a }\nfunction twice:string(s:string) { return s . s }\nglobal n = 12",
        'n += 0; println(fib(n)) println(twice(twice("ab")))'),
    "early return": (
        'function sign:string(n:long) { if (n < 0) return "minus"; if (n == 0) return "zero"; '
        'return "plus" }\nglobal n', 'n = -1; println(sign(n)) n = 0; println(sign(n)) n = 9; println(sign(n))'),
    "recursion": (
        "function down:long(n:long) { if (n <= 0) return 0; return 1 + down(n - 1) }\nglobal n = 5",
        'n += 0; println(down(n))'),
    "error": ("global n = 3", 'n += 0; println("before") error(sprintf("code %d", n)) println("after")'),
    "error caught": (
        "global n = 3",
        'try { n += 0; error("boom " . sprintf("%d", n)) } catch (m) { println("caught ", m) } println("on")'),
    "error caught with a table entry": (
        "global n = 15",
        'n += 0; try { error("got " . signal_str(n)) } catch (m) { println(m) } println(signal_str(n) . "!")'),
    "ternary": ("global n = 3", 'n += 0; println(n > 2 ? "big" : "small") println(n > 9 ? 1 : 2)'),
    "printd": ("global n = 3", 'n += 0; printd(",", 1, "b", n) println("") printdln("-", n, n) print(n, "x\\n")'),
    "signal names": (
        "global n = 9", 'n += 0; println(signal_str(n)) println(signal_str(37)) println(signal_str(0))'),
    "errno names": ("global n = 2", 'n += 0; println(errno_str(n))'),
    "exit": ("global n", 'println("one") exit() println("two")'),
    "read fault": (
        "global a = 8", 'a += 0; try { println(kernel_long(a)) } catch (m) { println(m) } println(kernel_long(a))'),
    "task walk": (
        "global n", 't = task_current(); println(task_execname(t) == execname(), task_pid(t) == pid()) '
        'println(task_pid(task_parent(t)) == ppid()) println(task_ancestry(t, 0) == task_ancestry(pid2task(pid()), 0))'),
}


class Differential(unittest.TestCase):
    maxDiff = None

    def check(self, name):
        head, body = CASES[name]
        # What begin and the summary say differs in nothing but where they ran.
        script = f"{head}\nprobe begin {{ {body}\n exit() }}\n"
        user = session.run("run", "-e", script)
        kernel = session.run("run", IN_KERNEL, "-e", script)
        self.assertEqual((user.status, user.stdout, user.stderr),
                         (kernel.status, kernel.stdout, kernel.stderr), f"\nuser space (first):\n{user}")
        # And it did run there: what the kernel can't do stays in user space.
        loaded = session.run("run", IN_KERNEL, "-v", "-p", "4", "-e", script).stderr
        self.assertRegex(loaded, r"\n  begin: \d+ instructions")
        # Both could be wrong alike; neither may be empty or have failed to compile.
        self.assertNotIn("semantic error", user.stderr)
        self.assertIn(user.status, (0, 1))
        self.assertTrue(user.stdout or user.status == 1, user)


def add_cases():
    for name in CASES:
        setattr(Differential, "test_" + name.replace(" ", "_"), lambda self, name=name: self.check(name))


add_cases()

if __name__ == "__main__":
    unittest.main()
