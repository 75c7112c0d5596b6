export const USAGE = `hosting-desk: the hosting on your servers, from a terminal

  hosting-desk dispatch [--for 55s] [--force]
                                           collect ended tasks, start what may start, run the queues
                                           that are due, and follow it; --force: before their time too
  hosting-desk task list                   tasks, newest first
  hosting-desk task show N                 one task
  hosting-desk task follow N               its log until it ends
  hosting-desk task add OBJECT TYPE [NAME=VALUE …] [--confirm NAME] [--follow] [--password-stdin]
                                           queue a task: “task add @www.example.com backup”;
                                           NAME=VALUE: a field of its form, as in description="…"
  hosting-desk task retry N | cancel N
  hosting-desk queue list                  every queue, when it ran and when it runs next
  hosting-desk queue run NAME [--items N] [--force]
                                           run one now; --force: also while it is paused
  hosting-desk queue pause NAME | resume NAME
  hosting-desk backup schedule SITE EVERY | off
                                           back a site up by itself: every 24h, for example
  hosting-desk backend|server|platform|site list
  hosting-desk backend|server|platform|site show NAME
  hosting-desk import BACKEND | USER@HOST[:PORT] [--key FILE]
                                           make the objects here that a server has already
  hosting-desk crontab print | install | remove [BACKEND]
                                           dispatch every minute: on this computer, or on a backend
  hosting-desk store check                 look for damage
  hosting-desk store export FILE           a copy of everything, as one SQLite file
  hosting-desk store restore FILE          put such a copy in place of the present store
  hosting-desk store export FILE --passphrase-file FILE
                                           everything as one sealed file, for another computer
  hosting-desk store import FILE --passphrase-file FILE [--force]
                                           put it in the place of everything; --force: of what is there
  hosting-desk url                         the one-time address of the running headless application

  --json       answers as JSON
  --data DIR   the data folder (else HOSTING_DESK_DATA, else the system's)

OBJECT is a name (@server_web1, www.example.com), or KIND:NAME where several have it.
VALUE is a text, a number, yes or no, a choice, the name of an object (@platform_shop), the file of a backup, or several with
commas between them. A password is asked for, or read from the standard input with --password-stdin.
Exit codes: 0 done, 1 a followed task failed, 2 usage, 3 locked, 4 dispatch disabled or paused.
`
