// A minimal BTF of our own: two function types, and the strings of the script's
// lines, so that the verifier's log and bpftool show script places.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace podtap::attach {

class BtfBlob {
 public:
  BtfBlob();
  // Offset of the text among the strings; control characters become spaces.
  uint32_t String(std::string_view text);
  static constexpr uint32_t kFunctionId = 3;  // of the program
  static constexpr uint32_t kCallbackId = 5;  // of a function that a helper calls back
  std::vector<uint8_t> Bytes() const;

 private:
  std::string strings_;
  std::map<std::string, uint32_t, std::less<>> offsets_;
  uint32_t function_name_ = 0;
  uint32_t callback_name_ = 0;
  std::vector<uint32_t> parameter_names_;
  uint32_t int_name_ = 0;
};

}  // namespace podtap::attach
