// The kernel verifier's log → one line about the script.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podtap::attach {

struct VerifierComplaint {
  std::optional<uint32_t> insn;  // the last instruction that the log looked at
  std::string reason;            // the last line that says something
  std::string tail;              // the last twenty lines
};

VerifierComplaint ReadVerifierLog(std::string_view log);

}  // namespace podtap::attach
