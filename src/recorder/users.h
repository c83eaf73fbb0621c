// Names of users, as the host's /etc/passwd has them.
//
// The file is read, not the name service: a static program can't load its modules, and
// a death must not wait for a directory server. A user of such a server stays a number.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace podtap::recorder {

class Users {
 public:
  explicit Users(std::string passwd_path = "/etc/passwd") : path_(std::move(passwd_path)) {}
  // Empty: none has that number. The file is read again when it has changed.
  std::string Name(uint32_t uid);

 private:
  std::string path_;
  int64_t read_at_ns_ = -1;  // its modification time then
  std::map<uint32_t, std::string> names_;
};

// passwd(5) → names by number; of two with the same number the first. Lines that
// aren't of that form are passed over.
std::map<uint32_t, std::string> ParsePasswd(std::string_view text);

}  // namespace podtap::recorder
