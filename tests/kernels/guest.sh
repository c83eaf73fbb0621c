# What the guest does, from /init. Lines that begin with "@" are read by tests/kernels/run.
G=/sys/fs/cgroup
N=0

# watch CGROUP: podtap watches it, armed, in the background ($W). Its answers: report.
watch() {
  N=$((N + 1))
  podtap watch -v --once -o json "cgroup:/$1" >/tmp/out.$N 2>/tmp/err.$N &
  W=$!
  while ! grep -q 'armed in' /tmp/err.$N; do
    kill -0 $W 2>/dev/null || break
    sleep 0.1
  done
  sleep 2 # so that the last moments are watched as a whole
}

report() { # CASE
  wait $W
  echo "@status $1 $?"
  grep -h '"podtap.verdict/v1"' /tmp/out.$N | sed "s/^/@verdict $1 /"
  grep -v '^Pass' /tmp/err.$N | sed "s/^/@said $1 /"
}

# cgroup NAME LIMIT GROUP
cgroup() {
  mkdir -p $G/$1
  echo $2 >$G/$1/memory.max
  echo $3 >$G/$1/memory.oom.group
}

# into CGROUP COMMAND: starts a shell there that waits for /tmp/go first.
into() {
  rm -f /tmp/go
  sh -c "echo \$\$ >$G/$1/cgroup.procs; while [ ! -e /tmp/go ]; do sleep 0.1; done; $2" &
  V=$!
  sleep 1
}

echo "@kernel $(uname -r)"

# The runbook's script, unchanged but for the pid.
sleep 1000 &
V=$!
sed "s/^global target_pid = .*/global target_pid = $V/" /sg.stp >/tmp/sg.stp
podtap run -v -T 60 /tmp/sg.stp >/tmp/out.sg 2>/tmp/err.sg &
W=$!
while ! grep -q 'armed in' /tmp/err.sg; do kill -0 $W 2>/dev/null || break; sleep 0.1; done
sh -c "kill -9 $V; :"
sleep 2
kill -INT $W
wait $W
echo "@status runbook $?"
sed 's/^/@runbook /' /tmp/out.sg
grep -v '^Pass' /tmp/err.sg | sed 's/^/@said runbook /'

cgroup host max 0
into host 'exec sleep 1000'
watch host
touch /tmp/go
sleep 1
sh -c "kill -9 $V; :"
report killed.host

cgroup group 30M 1
into group 'sleep 1000 & victim memory 64; sleep 1000'
watch group
touch /tmp/go
report oom.group

cgroup child 30M 0
into child 'victim memory 64; exit 3'
watch child
touch /tmp/go
report oom.child

if [ -e $G/host/cgroup.kill ]; then
  cgroup killed max 0
  into killed 'exec sleep 1000'
  watch killed
  touch /tmp/go
  sleep 1
  echo 1 >$G/killed/cgroup.kill
  report killed.cgroup
fi

cgroup node max 0
into node 'echo 900 >/proc/self/oom_score_adj; exec victim memory 4096'
watch node
touch /tmp/go
report oom.node
