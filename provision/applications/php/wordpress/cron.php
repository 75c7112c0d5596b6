<?php
// What wp-cron.php does, but for closing the connection at its beginning: the caller wants to know when it is done.
$hdRan = 0;
foreach (wp_get_ready_cron_jobs() as $hdTime => $hdHooks) {
    foreach ($hdHooks as $hdHook => $hdEvents) {
        foreach ($hdEvents as $hdEvent) {
            if ($hdEvent['schedule']) {
                wp_reschedule_event($hdTime, $hdEvent['schedule'], $hdHook, $hdEvent['args']);
            }
            wp_unschedule_event($hdTime, $hdHook, $hdEvent['args']);
            do_action_ref_array($hdHook, $hdEvent['args']);
            $hdRan++;
        }
    }
}
return ['events' => $hdRan];
