// The words between a daemon and systemd: sd_notify(3)'s protocol, one datagram each.
// (Debian has no static libsystemd, and the protocol is a line of text.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace podtap::cli {

class ServiceManager {
 public:
  // From NOTIFY_SOCKET and WATCHDOG_USEC; without them every call does nothing.
  ServiceManager();

  void Ready(const std::string& status) const { Send("READY=1\nSTATUS=" + status); }
  void Status(const std::string& status) const { Send("STATUS=" + status); }
  void Reloading() const;
  void Stopping() const { Send("STOPPING=1"); }
  // Still alive; only if the manager asked to be told.
  void Alive() const {
    if (watchdog_) Send("WATCHDOG=1");
  }

 private:
  void Send(const std::string& message) const;

  std::string socket_;
  bool watchdog_ = false;
};

}  // namespace podtap::cli
