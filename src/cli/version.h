// The version, from the project's CMake file.
#pragma once

#ifndef PODTAP_VERSION
#define PODTAP_VERSION "0.1.0"
#endif
