// Bytes of an HTTP/1.1 request → its method and path. The protocol is Boost.Beast's; its
// headers are only in request.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace podtap::serve {

class RequestReader {
 public:
  static constexpr size_t kMostBytes = 8192;

  RequestReader();
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  enum class State : uint8_t { kMore, kDone, kBroken, kTooLong };
  // Takes the next bytes as they came.
  State Feed(std::string_view bytes);
  // Once kDone.
  std::string_view method() const;
  std::string_view path() const;  // without what follows "?"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace podtap::serve
