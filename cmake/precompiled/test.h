// The same for test programs.
#include <future>

#include <gtest/gtest.h>

#include "library.h"
