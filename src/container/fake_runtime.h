// A runtime of a test's own making.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "container/runtime.h"

namespace podtap::container {

class FakeRuntime : public Runtime {
 public:
  FakeRuntime(RuntimeKind kind, std::string socket) : kind_(kind), socket_(std::move(socket)) {}

  // Set freely.
  std::vector<Container> containers;
  std::optional<Error> failure;
  std::chrono::milliseconds delay{0};

  RuntimeKind kind() const override { return kind_; }
  std::string version() const override { return version_; }
  const std::string& socket() const override { return socket_; }
  Result<std::vector<Container>> List(Deadline) override {
    std::this_thread::sleep_for(delay);
    if (failure) return std::unexpected(*failure);
    return containers;
  }
  Result<Container> Inspect(const ContainerId& id, Deadline) override {
    for (const Container& container : containers) {
      if (container.id == id) return container;
    }
    return std::unexpected(SystemError("inspect container", id.value, ENOENT));
  }
  Result<std::unique_ptr<EventStream>> Events(const EventOptions&) override {
    return std::unexpected(Error{.kind = ErrorKind::kUnsupported});
  }

 private:
  RuntimeKind kind_;
  std::string version_ = "1.0";
  std::string socket_;
};

}  // namespace podtap::container
