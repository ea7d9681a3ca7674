// Parses the command line and runs the command it names.
#pragma once

namespace sealpost {

int run_command_line(int argc, char** argv);

}  // namespace sealpost
