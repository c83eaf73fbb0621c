"""An initrd with Debian's systemd, podtap's unit, and a script that lives through its life."""

import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ("/bin/systemctl", "/bin/journalctl", "/lib/systemd/systemd",
            "/lib/systemd/systemd-journald", "/lib/systemd/systemd-executor",
            "/lib/systemd/systemd-shutdown")
TEST_UNIT = """[Unit]
Description=The life of podtap's unit
DefaultDependencies=no
After=systemd-journald.service

[Service]
Type=oneshot
ExecStart=/unit.sh
"""


def _copy(source, root):
    """A file to the same path, whatever its links, with the libraries that it needs."""
    source = pathlib.Path(source)
    if not source.exists():
        return
    target = root / source.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(source, target)
    said = subprocess.run(["ldd", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False).stdout
    for library in re.findall(r"(/\S+\.so\S*)", said):
        if not (root / library.lstrip("/")).exists():
            _copy(library, root)


def make_root(root, podtap):
    for name in ("bin", "sbin", "proc", "sys", "dev", "tmp", "run", "etc/systemd/system", "var/lib",
                 "var/log/journal", "root", "usr/bin", "lib/systemd/system"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        _copy(program, root)
    for unit in ("systemd-journald.service", "systemd-journald.socket",
                 "systemd-journald-dev-log.socket", "sysinit.target", "basic.target",
                 "shutdown.target", "local-fs.target"):
        _copy(f"/lib/systemd/system/{unit}", root)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    applets = subprocess.run(["/bin/busybox", "--list"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.split()
    for applet in applets:
        link = root / "bin" / applet
        if not link.exists():
            link.symlink_to("busybox")
    shutil.copy(podtap, root / "usr/bin/podtap")
    unit = (HERE.parent.parent / "deploy/podtap.service").read_text(encoding="utf-8")
    (root / "etc/systemd/system/podtap.service").write_text(unit.replace("@bindir@", "/usr/bin"))
    (root / "etc/systemd/system/test.service").write_text(TEST_UNIT)
    (root / "etc/systemd/system/test.target").write_text(
        "[Unit]\nDescription=Test\nDefaultDependencies=no\nWants=systemd-journald.socket "
        "test.service\nAllowIsolate=yes\n")
    (root / "etc/systemd/system/default.target").symlink_to("test.target")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nadm:x:4:\nsystemd-journal:x:101:\n")
    (root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (root / "etc/os-release").write_text("ID=test\nNAME=test\n")
    (root / "init").symlink_to("lib/systemd/systemd")
    shutil.copy(HERE / "unit.sh", root / "unit.sh")
    (root / "unit.sh").chmod(0o755)
