import { aegir } from './aegir.ts'
import { app, demo } from './app.ts'
import { backend } from './backend.ts'
import { bulk } from './bulk.ts'
import { bootstrap } from './bootstrap.ts'
import { crontab } from './crontab.ts'
import { data } from './data.ts'
import { inventory } from './import.ts'
import { feature } from './feature.ts'
import { backup, client, object, platform, server, site } from './inventory.ts'
import { overview } from './overview.ts'
import { queue } from './queue.ts'
import { settings } from './settings.ts'
import { siteMove } from './site-move.ts'
import { task } from './task.ts'

/** Everything that the renderer and the command line may ask of main. */
export const contract = {
  app,
  demo,
  backend,
  bootstrap,
  aegir,
  siteMove,
  server,
  platform,
  site,
  client,
  object,
  backup,
  task,
  bulk,
  queue,
  crontab,
  inventory,
  feature,
  overview,
  settings,
  data,
}
export type Contract = typeof contract
