#include "serve/request.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

namespace podtap::serve {
namespace {

namespace beast = boost::beast;

class Parser : public beast::http::basic_parser<true> {
 public:
  std::string method;
  std::string target;

 private:
  void on_request_impl(beast::http::verb, beast::string_view verb, beast::string_view path, int,
                       beast::error_code&) override {
    method.assign(verb.data(), verb.size());
    target.assign(path.data(), path.size());
  }
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view, beast::string_view,
                     beast::error_code&) override {}
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, beast::error_code&) override {}
  size_t on_body_impl(beast::string_view text, beast::error_code&) override { return text.size(); }
  void on_chunk_header_impl(uint64_t, beast::string_view, beast::error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, beast::string_view text, beast::error_code&) override {
    return text.size();
  }
  void on_finish_impl(beast::error_code&) override {}
};

}  // namespace

struct RequestReader::Impl {
  Parser parser;
  std::string bytes;
};

RequestReader::RequestReader() : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(kMostBytes);
}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

RequestReader::State RequestReader::Feed(std::string_view bytes) {
  impl_->bytes += bytes;
  beast::error_code error;
  const size_t used =
      impl_->parser.put(boost::asio::buffer(impl_->bytes.data(), impl_->bytes.size()), error);
  impl_->bytes.erase(0, used);
  if (impl_->parser.is_header_done()) return State::kDone;
  if (error == beast::http::error::header_limit || impl_->bytes.size() > kMostBytes) {
    return State::kTooLong;
  }
  if (error && error != beast::http::error::need_more) return State::kBroken;
  return State::kMore;
}

std::string_view RequestReader::method() const { return impl_->parser.method; }

std::string_view RequestReader::path() const {
  const std::string_view target = impl_->parser.target;
  return target.substr(0, target.find('?'));
}

}  // namespace podtap::serve
