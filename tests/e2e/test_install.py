"""`make install`: what lands where, man pages and the shells' completions."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import session

ROOT = session.HERE.parent.parent
INSTALLED = {
    "bin/podtap", "bin/stap",
    "share/bash-completion/completions/podtap", "share/bash-completion/completions/stap",
    "share/doc/podtap/LICENSE", "share/doc/podtap/NOTICE", "share/doc/podtap/README.md",
    "share/fish/vendor_completions.d/podtap.fish", "share/fish/vendor_completions.d/stap.fish",
    "share/man/man1/podtap.1", "share/man/man1/stap.1",
    "share/zsh/site-functions/_podtap", "lib/systemd/system/podtap.service",
}


def run(*command, **keywords):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=60, **keywords)


def commands():
    """What `podtap --help` lists."""
    listed = session.run("--help").stdout.split("Subcommands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def installed():
    return INSTALLED | {f"share/man/man1/podtap-{command}.1" for command in commands()}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-install-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.prefix = self.folder / "opt/podtap"

    def make(self, target):
        # The binary under test, not one that is built for it.
        done = run("make", "-C", ROOT, "-o", "build", target, f"RELEASE={session.PODTAP}",
                   f"DESTDIR={self.folder}", "PREFIX=/opt/podtap")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def files(self):
        return {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*")
                if path.is_symlink() or not path.is_dir()}


class Install(Folder):
    def test_install_and_uninstall(self):
        for _ in range(2):  # the second time over the first
            self.make("install")
            self.assertEqual(self.files(), installed())
        for name, word in (("podtap", "podtap"), ("stap", "podtap")):
            done = session.run("--version", binary=str(self.prefix / "bin" / name))
            self.assertEqual((done.status, done.stdout.split()[0]), (0, word), done)
        done = session.run("-e", 'probe begin { println("as stap"); exit() }',
                           binary=str(self.prefix / "bin/stap"))
        self.assertEqual((done.status, done.stdout), (0, "as stap\n"), done)
        for path in self.prefix.rglob("*"):
            self.assertTrue(path.exists(), f"{path} points nowhere")
            executable = path.is_dir() or path.parent.name == "bin"
            self.assertEqual(path.stat().st_mode & 0o777, 0o755 if executable else 0o644, path)
        self.make("uninstall")
        self.assertEqual(self.files(), set())
        self.make("uninstall")  # nothing there: no mistake

    def test_a_stap_of_somebody_else_stays(self):
        foreign = self.prefix / "bin/stap"
        foreign.parent.mkdir(parents=True)
        for kind in ("file", "link"):
            with self.subTest(kind):
                foreign.unlink(missing_ok=True)
                if kind == "file":
                    foreign.write_text("SystemTap's")
                else:
                    foreign.symlink_to("/nowhere/stap")
                self.assertIn("another program's", self.make("install"))
                ours = {name for name in installed() if pathlib.Path(name).stem == "stap"}
                self.assertEqual(self.files(), installed() - ours | {"bin/stap"})
                self.make("uninstall")
                self.assertEqual(self.files(), {"bin/stap"})


def documented_options(command="run"):
    """The options that the command's --help lists: -e, --json ..."""
    text = session.run(command, "--help").stdout
    options = set()
    for line in text.splitlines():
        match = re.match(r"  (-[^ ]*)", line)
        if match:
            options |= set(match.group(1).split(","))
    return options - {"-h"}


class ManPages(unittest.TestCase):
    def test_they_render_without_warnings(self):
        pages = sorted((ROOT / "man").glob("*.1"))
        self.assertGreaterEqual(len(pages), 2)
        for page in pages:
            with self.subTest(page.name):
                done = run("mandoc", "-T", "lint", "-W", "warning", page)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_every_option_has_its_entry(self):
        for command in commands():
            with self.subTest(command):
                text = run("mandoc", "-T", "ascii", ROOT / f"man/podtap-{command}.1").stdout
                text = re.sub(".\b", "", text)
                entries = set(re.findall(r"(?<![\w-])--?[A-Za-z][A-Za-z-]*", "\n".join(
                    line for line in text.splitlines() if re.match(r" {5}-", line))))
                self.assertEqual(documented_options(command) - {"--help"} - entries, set())

    def test_every_command_has_its_entry(self):
        text = run("mandoc", "-T", "ascii", ROOT / "man/podtap.1").stdout
        text = re.sub(".\b", "", text)
        self.assertEqual(set(commands()) - set(re.findall(r"(?m)^ {5}([a-z]+)(?: {2}|$)", text)), set())


class Completion(unittest.TestCase):
    # What is typed -> some of what it can become, and something that it can't.
    CASES = (
        ("podtap r", {"run"}, {"--version"}),
        ("podtap e", {"explain"}, {"run"}),
        ("podtap p", {"ps"}, {"run"}),
        ("podtap ps -o ", {"table", "wide", "json"}, {"text"}),
        ("podtap ps --run", {"--runtime-endpoint"}, {"--host-root"}),
        ("podtap ps c", {"cgroup:"}, {"unit:"}),
        ("podtap explain OOM", {"OOMKilled"}, {"SIGKILL"}),
        ("podtap explain SIGK", {"SIGKILL"}, {"OOMKilled"}),
        ("podtap explain killed.h", {"killed.host"}, {"killed.inside"}),
        ("podtap explain -o ", {"text", "json"}, {"OOMKilled"}),
        ("podtap run --dum", {"--dump"}, {"--json"}),
        ("podtap run --dump t", {"tokens", "tree"}, {"ir"}),
        ("podtap run -p ", {"1", "5"}, {"6"}),
        ("podtap run -D MAXA", {"MAXACTION=", "MAXACTION_INTERRUPTIBLE="}, {"MAXERRORS="}),
        ("podtap run -x ", {"1", str(os.getpid())}, {"run"}),
        ("podtap run w", {"watch.stp", "work"}, {"watch.txt"}),
        ("podtap run -o w", {"watch.stp", "watch.txt"}, {"--json"}),
        ("stap --j", {"--json"}, {"run"}),
    )

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="podtap-complete-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "watch.stp").touch()
        (self.folder / "watch.txt").touch()
        (self.folder / "work").mkdir()

    def check(self, complete, cases=CASES):
        for typed, wanted, unwanted in cases:
            with self.subTest(typed):
                found = complete(typed)
                self.assertLessEqual(wanted, found)
                self.assertFalse(unwanted & found, found)

    def bash(self, typed):
        """What bash's own machinery would offer, minus the terminal."""
        words = typed.split(" ")
        # compopt works only while a key is being completed.
        script = ("compopt() { :; }; source %s; read -ra COMP_WORDS <<<\"$1\"; "
                  "[[ $1 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                  "_podtap; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (ROOT / "completions/podtap.bash"))
        done = run("bash", "--norc", "-uc", script, words[0], typed, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {line.removesuffix("=") if line.startswith("--") else line
                for line in done.stdout.splitlines()}

    def fish(self, typed):
        script = "source $argv[1]; complete -C $argv[2]"
        done = run("fish", "--no-config", "-c", script, ROOT / "completions/podtap.fish", typed,
                   cwd=self.folder, env=dict(os.environ, HOME=str(self.folder)))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {line.split("\t")[0].rstrip("/") for line in done.stdout.splitlines()}

    def test_bash(self):
        self.check(self.bash)
        # bash has split --dump=t and pid:1 before it asks.
        self.check(self.bash, [("podtap run --dump = t", {"tokens", "tree"}, {"ir"}),
                               ("podtap ps pid :", {"1"}, {"cgroup:"}),
                               ("podtap ps pid : 1", {"1"}, {"cgroup:", "2"})])

    def test_bash_names_with_spaces_and_stars(self):
        (self.folder / "a b.stp").touch()
        (self.folder / "a*.stp").touch()
        self.assertEqual(self.bash("podtap run a"), {"a b.stp", "a*.stp"})

    def test_bash_offers_every_option(self):
        self.assertLessEqual(set(commands()), self.bash("podtap "))
        for command in commands():
            with self.subTest(command):
                self.assertLessEqual(documented_options(command), self.bash(f"podtap {command} -"))

    def test_fish(self):
        # It offers other files too, after the scripts.
        self.check(self.fish, [case for case in self.CASES if case[0] != "podtap run w"])
        self.assertLessEqual({"watch.stp", "work"}, self.fish("podtap run w"))

    def test_fish_offers_every_option(self):
        self.assertLessEqual(set(commands()), self.fish("podtap "))
        for command in commands():
            with self.subTest(command):
                self.assertLessEqual(documented_options(command) - {"--help"},
                                     self.fish(f"podtap {command} -"))

    def test_zsh_finds_it_for_both_names(self):
        shutil.copy(ROOT / "completions/podtap.zsh", self.folder / "_podtap")
        done = run("zsh", "-fc", "fpath=($1 $fpath); autoload -U compinit; compinit -u -d $1/dump; "
                   "print $_comps[podtap] $_comps[stap]; autoload +X _podtap && print loaded",
                   "zsh", self.folder)
        self.assertEqual((done.stdout, done.stderr), ("_podtap _podtap\nloaded\n", ""))

    def test_zsh_offers_every_option(self):
        text = (ROOT / "completions/podtap.zsh").read_text()
        offered = set(re.findall(r"['\"{,](?:\*|\([^)]*\))?(--?[A-Za-z][A-Za-z-]*)", text))
        for command in commands():
            self.assertIn(f"'{command}:", text.replace('"', "'"))
            self.assertLessEqual(documented_options(command), offered)
