"""Images without a registry: busybox, the victims, and the archive format that
`ctr images import` reads."""

import hashlib
import io
import json
import os
import pathlib
import shutil
import tarfile

import victims

APPLETS = ("sh", "sleep", "kill", "pkill", "cat", "ps", "true", "false", "setsid", "id", "echo")
# Runs as the container's first process. The kernel calls a script's process by
# the script's name, so its comm is "server". A signal handler, because a pid
# namespace's init ignores what it doesn't handle when it comes from inside.
SERVER = """#!/bin/sh
trap 'exit 0' TERM
sleep 100000 &
echo $! >/tmp/child
while :; do wait; sleep 1; done
"""


def make_root(root):
    """The image's files, below the new folder `root`."""
    root = pathlib.Path(root)
    for folder in ("bin", "tmp", "dev", "proc", "sys", "gate"):
        (root / folder).mkdir(parents=True)
    os.chmod(root / "tmp", 0o1777)
    shutil.copy(shutil.which("busybox") or "/bin/busybox", root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    (root / "bin/server").write_text(SERVER)
    (root / "bin/server").chmod(0o755)
    shutil.copy(victims.victim(), root / "bin/victim")
    # There, and no program.
    (root / "bin/not-executable").write_text("no program\n")
    (root / "bin/not-executable").chmod(0o644)
    return root


def make_pause_root(root):
    root = pathlib.Path(root)
    root.mkdir(parents=True)
    shutil.copy(victims.pause(), root / "pause")
    return root


def archive(path, name, root, **config):
    """Writes `root` as a one-layer docker-archive; `config` as in an image's Config."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.add(root, arcname=".")
    layer = layer.getvalue()
    settings = json.dumps({
        "architecture": "amd64", "os": "linux", "config": config,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }).encode()
    settings_name = hashlib.sha256(settings).hexdigest() + ".json"
    manifest = json.dumps([{"Config": settings_name, "RepoTags": [name],
                            "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, mode="w") as tar:
        for entry, content in ((settings_name, settings), ("layer.tar", layer),
                               ("manifest.json", manifest)):
            member = tarfile.TarInfo(entry)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
