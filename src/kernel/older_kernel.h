// A kernel as an older one, for tests: everything is the real one's but the
// features, of which the test takes some away.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace podtap::kernel {

class OlderKernel : public Kernel {
 public:
  explicit OlderKernel(Kernel& real) : has(real.features()), real_(real) {}
  Features has;  // take away from it

  Result<const Btf*> btf() override { return real_.btf(); }
  const Features& features() override { return has; }
  Result<const std::vector<Tracepoint>*> tracepoints() override { return real_.tracepoints(); }
  std::string release() override { return real_.release(); }
  int cpu_count() override { return real_.cpu_count(); }
  int64_t hz() override { return real_.hz(); }
  Result<FileIdentity> IdentifyFile(const std::string& path) override {
    return real_.IdentifyFile(path);
  }
  std::map<std::string, std::string> config() override { return real_.config(); }

 private:
  Kernel& real_;
};

}  // namespace podtap::kernel
