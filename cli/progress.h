/**
 * @file progress.h
 * What a command prints on standard error beside errors: lines, and a bar where that is a terminal. Ctrl-C lets a step
 * finish.
 */
#ifndef LEADWISE_CLI_PROGRESS_H
#define LEADWISE_CLI_PROGRESS_H

#include "arguments.h"

/** A line on standard error unless --quiet. */
void cli_say(const cli_arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A line on standard error with --verbose. */
void cli_detail(const cli_arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct cli_progress {
    bool bar;         /**< standard error is a terminal and --quiet is not given */
    bool shown;       /**< the bar's line is on the screen */
    const char *what; /**< "preparing" */
    double start_s, drawn_s;
} cli_progress;

/** Seconds on a clock that only goes forward. */
double cli_clock_s(void);
/** "1:05" or "2:01:05" into text[24]. */
void cli_duration(double seconds, char text[24]);

/** `what` is borrowed for the progress' life. */
cli_progress cli_progress_start(const cli_arguments *arguments, const char *what);
/** Draw the bar, at most ten times a second: "what [####....] done/total  rate/s  ETA 0:10". */
void cli_progress_update(cli_progress *progress, size_t done, size_t total);
/** The same with `note` instead of rate and ETA. */
void cli_progress_note(cli_progress *progress, size_t done, size_t total, const char *note);
/** Remove the bar from the screen, so that a line can be printed; the next update draws it again. */
void cli_progress_clear(cli_progress *progress);

/** Let the first SIGINT, SIGTERM or SIGUSR1, which mpirun passes on, set a flag only; the second ends the program. */
void cli_interrupt_catch(void);
/** Whether such a signal has come. */
bool cli_interrupted(void);
/** End the program as the signal would have: for work that leaves nothing to resume. */
void cli_interrupt_die(void);

#endif
