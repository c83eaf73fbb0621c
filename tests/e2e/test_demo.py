"""`make demo`: what a newcomer sees first."""

import os
import re
import subprocess
import unittest

import docker
import session

ROOT = session.HERE.parent.parent


class Demo(unittest.TestCase):
    def show(self, docker_host):
        done = subprocess.run([str(ROOT / "scripts/demo"), session.PODTAP], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120,
                              env=dict(os.environ, DOCKER_HOST=docker_host))
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        victim = re.search(r"server, pid (\d+)", done.stdout)[1]
        killer = re.search(rf"^ +(pkill\(\d+\)) send SIGKILL to server\({victim}\)$", done.stdout,
                           re.MULTILINE)[1]
        parent = re.search(r"^ +parent of sender: (sh\(\d+\))$", done.stdout, re.MULTILINE)[1]
        self.assertRegex(done.stdout, rf"\n +killer +{re.escape(killer)}, with SIGKILL\n"
                         rf" +parent +{re.escape(parent)}\n"
                         r" +ancestry +swapper/0 => .* => vGhyM0 => bash => sh => pkill\n"
                         r" +found +vGhyM0: ")
        return done.stdout

    def test_with_a_docker_daemon(self):
        daemon = docker.daemon()
        text = self.show(daemon.host)
        self.assertIn("1. a Docker container runs", text)
        self.assertIn("all that Docker knows of it: exit code 137", text)
        left = daemon.docker("ps", "-aq", "--filter", "name=podtap-demo").stdout
        self.assertEqual(left + daemon.docker("images", "-q", "podtap-demo").stdout, b"")

    def test_without(self):
        text = self.show("unix:///nonexistent/docker.sock")
        self.assertIn("1. no Docker daemon runs, so a stand-in", text)
