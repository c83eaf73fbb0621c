// What a recorder tells besides its store: /metrics and /healthz, and a notification a
// death.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/log.h"
#include "cli/record_options.h"
#include "store/writer.h"
#include "verdict/verdict.h"

namespace podtap::cli {

class RecordOutputs {
 public:
  explicit RecordOutputs(const Log& log);
  ~RecordOutputs();

  Result<void> Listen(const RecordOptions& options);
  // Instead of the one before, which sends what it has.
  Result<void> SetNotifier(const RecordOptions& options);

  // `verdict_json`: what is sent.
  void Death(const store::DeathRow& row, const std::string& verdict_json);
  void Incident(const verdict::Verdict& verdict);
  struct Numbers {
    uint64_t seen = 0;  // events
    uint64_t lost = 0;
    uint64_t high_water = 0;  // bytes of the ring buffer
    uint64_t ring_bytes = 0;
    size_t lives = 0;
    store::Writer::Numbers store;
  };
  void Beat(const Numbers& numbers);
  void Stop();

 private:
  struct Parts;
  const Log& log_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace podtap::cli
