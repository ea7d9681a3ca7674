// The same with what the upper floors include.
#include <boost/json.hpp>

#include "standard.h"
