#include "store/rows.h"

#include <gtest/gtest.h>

namespace podtap::store {
namespace {

constexpr auto kId = "4711aaaabbbbccccdddd";

TEST(TargetOf, SaysWhatTheCommandsTake) {
  EXPECT_EQ(TargetOf({.container_id = kId, .runtime = "docker", .name = "server"}), "server");
  EXPECT_EQ(TargetOf({.container_id = kId, .runtime = "docker"}), "docker://4711aaaabbbb");
  EXPECT_EQ(TargetOf({.container_id = kId,
                      .runtime = "containerd",
                      .ns = "shop",
                      .pod = "web-0",
                      .name = "app"}),
            "shop/web-0/app");
  EXPECT_EQ(TargetOf({.container_id = kId,
                      .runtime = "containerd",
                      .ns = "shop",
                      .pod = "web-0",
                      .is_sandbox = true}),
            "shop/web-0");
}

// A cgroup alone doesn't say which runtime it was, and no target begins so.
TEST(TargetOf, HasNoSchemeWithoutARuntime) {
  EXPECT_EQ(TargetOf({.container_id = kId, .runtime = "unknown"}), "4711aaaabbbb");
}

}  // namespace
}  // namespace podtap::store
