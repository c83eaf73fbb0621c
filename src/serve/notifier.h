// Notifier: tells somebody of each death, by a command or over HTTP.
//
// What enters: a text a death, from any thread, which never waits. What leaves: a run of
// the command with the text on its standard input, or a POST of it. On a thread of its own;
// a failure is tried again, ever later, some times; beyond kMostWaiting the oldest is
// dropped. What became of them is counted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "container/deadline.h"
#include "serve/address.h"

namespace podtap::serve {

// Where a POST goes: http://HOST[:PORT]/PATH. https:// is kUsage: a command such as curl
// speaks it.
struct Url {
  HostPort at;
  std::string host_field;  // as the request's Host says it
  std::string target;      // "/hook?x=1"
};
Result<Url> ParseUrl(const std::string& text);

// Sends one text; an Error says why it didn't arrive.
using Send = std::function<Result<void>(const std::string& text, container::Deadline deadline,
                                        const std::stop_token& stop)>;
// `sh -c COMMAND`; its own standard output is dropped, its standard error is ours. It and
// all in its process group are killed when the time is over.
Send ByCommand(std::string command);
Send ByPost(Url url);

class Notifier {
 public:
  static constexpr size_t kMostWaiting = 256;
  struct Patience {
    std::chrono::milliseconds one_try{30000};
    std::chrono::milliseconds first_pause{1000};  // doubled each time
    int tries = 5;
  };
  struct Numbers {
    uint64_t sent = 0;
    uint64_t failed_tries = 0;
    uint64_t given_up = 0;
    uint64_t dropped = 0;
  };

  // `note`: of what was given up; called on the notifier's thread.
  Notifier(Send send, std::function<void(const std::string&)> note, Patience patience);
  Notifier(Send send, std::function<void(const std::string&)> note)
      : Notifier(std::move(send), std::move(note), Patience{}) {}
  // Stops, with `kLastMoments` from now.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void Post(std::string text);
  // What waits is tried once more each, until the deadline; the one that is on its way is
  // then broken off. What is left counts as dropped, and so does what is posted later.
  void Stop(container::Deadline deadline);
  Numbers numbers() const;

 private:
  static constexpr std::chrono::milliseconds kLastMoments{2000};
  void Run(const std::stop_token& stop);
  void Deliver(const std::string& text, const std::stop_token& stop);

  const Send send_;
  const std::function<void(const std::string&)> note_;
  const Patience patience_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  bool ending_ = false;
  Numbers numbers_;
  std::jthread thread_;
};

}  // namespace podtap::serve
