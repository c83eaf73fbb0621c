#!/bin/busybox sh
# Run by systemd in the guest, once it is up: the unit's life. Lines that begin with "@" are
# read by tests/kernels/run.
exec >/dev/console 2>&1

pid() { systemctl show -p MainPID --value podtap; }
since() { echo $(($(date +%s) - $1)); }

# await SECONDS COMMAND...: until it succeeds.
await() {
  N=$(($1 * 5))
  shift
  while [ $N -gt 0 ]; do
    "$@" && return 0
    sleep 0.2
    N=$((N - 1))
  done
  return 1
}
active() { [ "$(systemctl is-active podtap)" = active ]; }
another() { active && [ "$(pid)" != "$P" ] && [ "$(pid)" != 0 ]; }

say() { # NAME STATUS
  if [ $2 = 0 ]; then echo "@unit $1 ok"; else
    echo "@unit $1 failed"
    systemctl status podtap --no-pager -l | sed 's/^/@said /'
    journalctl -u podtap --no-pager -n 30 | sed 's/^/@said /'
  fi
}

# death: a container's first process (a cgroup with a runtime's name) is killed by another.
death() {
  D=$(cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/uuid | tr -d '\n-')
  mkdir -p /sys/fs/cgroup/docker/$D
  sh -c "echo \$\$ >/sys/fs/cgroup/docker/$D/cgroup.procs; exec /bin/busybox sleep 1000" &  # a path, or the shell would be it without exec
  V=$!
  sleep 1
  sh -c "echo @killer $D \$\$; kill -9 $V; :"
  wait $V 2>/dev/null
  sleep 2
  rmdir /sys/fs/cgroup/docker/$D
}
known() { podtap why docker://$D | grep -q 'killed.host, proven'; }

systemctl start podtap
say start $?
systemctl show -p MainPID -p NotifyAccess -p StatusText podtap | sed 's/^/@show /'
sleep 3
death
known
say death $?

P=$(pid)
systemctl reload podtap
await 10 grep -q . /proc/$P/stat && [ "$(pid)" = "$P" ] && active
say reload $?

P=$(pid)
kill -9 $P
await 20 another
say killed $?
podtap events --kind blind -o json | grep -q '"why":"killed"'
say blind $?

# The watchdog: a recorder that stands still is ended, and started again.
P=$(pid)
T=$(date +%s)
kill -STOP $P
await 90 another
say watchdog $?
echo "@took watchdog $(since $T) s"
sleep 3

# The clock is set, forwards and back, and deaths are told with their causes all the same.
date -s "@$(($(date +%s) + 3600))" >/dev/null
death
known
say clock.forwards $?
date -s "@$(($(date +%s) - 7200))" >/dev/null
death
known
say clock.back $?
active
say clock.alive $?
date -s "@$(($(date +%s) + 3600))" >/dev/null

# The machine sleeps for some seconds.
P=$(pid)
echo +8 >/sys/class/rtc/rtc0/wakealarm
T=$(date +%s)
if echo mem >/sys/power/state; then
  echo "@took suspend $(since $T) s"
  sleep 2
  death
  known
  say suspend.death $?
  sleep 35
  active && [ "$(pid)" = "$P" ]
  say suspend.alive $?
else
  say suspend 1
fi

T=$(date +%s)
systemctl stop podtap
say stop $?
echo "@took stop $(since $T) s"
podtap events --kind death -o json | sed 's/^/@event /'
systemctl show -p ExecMainStatus -p Result podtap | sed 's/^/@show /'
echo "@end"
poweroff -f
