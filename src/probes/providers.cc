#include "probes/providers.h"

#include "probes/glob.h"
#include "probes/point.h"

namespace podtap::probes {
namespace {

std::vector<std::unique_ptr<Provider>> MakeTable() {
  std::vector<std::unique_ptr<Provider>> table;
  AddSessionProviders(table);
  AddTimerProvider(table);
  AddKernelProvider(table);
  AddProcessProvider(table);
  AddUnsupportedProviders(table);
  return table;
}

}  // namespace

const std::vector<std::unique_ptr<Provider>>& Providers() {
  static const std::vector<std::unique_ptr<Provider>> table = MakeTable();
  return table;
}

std::vector<std::string> ProviderRoots() {
  std::vector<std::string> roots;
  for (const auto& provider : Providers()) roots.emplace_back(provider->root());
  return roots;
}

const Provider* FindProvider(std::string_view root) {
  for (const auto& provider : Providers())
    if (root == provider->root()) return provider.get();
  return nullptr;
}

}  // namespace podtap::probes
