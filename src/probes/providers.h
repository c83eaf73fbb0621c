// The providers, one a file; providers.cc is the table.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "probes/probes.h"

namespace podtap::probes {

class Complaints;

using Matches = Result<std::vector<Match>>;

void AddSessionProviders(std::vector<std::unique_ptr<Provider>>& table);  // begin end error never
void AddTimerProvider(std::vector<std::unique_ptr<Provider>>& table);
void AddKernelProvider(std::vector<std::unique_ptr<Provider>>& table);
void AddProcessProvider(std::vector<std::unique_ptr<Provider>>& table);
void AddUnsupportedProviders(std::vector<std::unique_ptr<Provider>>& table);

// Says that podtap can't run `construct` probes yet: an error, or a warning when
// the point may be absent.
void ReportUnsupported(const lang::ProbePoint& point, size_t component,
                       const std::string& construct, Complaints& complaints,
                       const std::string& advice = "");

// The same as a provider's answer: no matches.
Matches Unsupported(const lang::ProbePoint& point, size_t component, const std::string& construct,
                    source::Diagnostics& diagnostics, const std::string& advice = "");

}  // namespace podtap::probes
