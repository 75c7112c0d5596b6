import { createRouter, createWebHashHistory } from 'vue-router'
import BackupListView from './views/BackupListView.vue'
import BackupView from './views/BackupView.vue'
import ClientAddView from './views/ClientAddView.vue'
import ClientEditView from './views/ClientEditView.vue'
import ClientListView from './views/ClientListView.vue'
import ClientView from './views/ClientView.vue'
import FeatureListView from './views/FeatureListView.vue'
import MissingView from './views/MissingView.vue'
import OverviewView from './views/OverviewView.vue'
import PlatformAddView from './views/PlatformAddView.vue'
import PlatformEditView from './views/PlatformEditView.vue'
import PlatformListView from './views/PlatformListView.vue'
import PlatformView from './views/PlatformView.vue'
import QueueListView from './views/QueueListView.vue'
import ServerAddView from './views/ServerAddView.vue'
import ServerEditView from './views/ServerEditView.vue'
import ServerListView from './views/ServerListView.vue'
import ServerView from './views/ServerView.vue'
import SettingsView from './views/SettingsView.vue'
import SiteAddView from './views/SiteAddView.vue'
import SiteEditView from './views/SiteEditView.vue'
import SiteListView from './views/SiteListView.vue'
import SiteView from './views/SiteView.vue'
import TaskListView from './views/TaskListView.vue'
import TaskView from './views/TaskView.vue'

/** Addresses stand behind the hash, so that the page works from any shell, also from a file. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', component: OverviewView },
    { path: '/tasks', component: TaskListView },
    { path: '/tasks/:id', component: TaskView, props: true },
    { path: '/sites', component: SiteListView },
    { path: '/sites/add', component: SiteAddView },
    { path: '/sites/:id', component: SiteView, props: true },
    { path: '/sites/:id/edit', component: SiteEditView, props: true },
    { path: '/platforms', component: PlatformListView },
    { path: '/platforms/add', component: PlatformAddView },
    { path: '/platforms/:id', component: PlatformView, props: true },
    { path: '/platforms/:id/edit', component: PlatformEditView, props: true },
    { path: '/servers', component: ServerListView },
    { path: '/servers/add', component: ServerAddView },
    { path: '/servers/:id', component: ServerView, props: true },
    { path: '/servers/:id/edit', component: ServerEditView, props: true },
    { path: '/clients', component: ClientListView },
    { path: '/clients/add', component: ClientAddView },
    { path: '/clients/:id', component: ClientView, props: true },
    { path: '/clients/:id/edit', component: ClientEditView, props: true },
    { path: '/backups', component: BackupListView },
    { path: '/backups/:id', component: BackupView, props: true },
    { path: '/queues', component: QueueListView },
    { path: '/features', component: FeatureListView },
    { path: '/settings/:section?', component: SettingsView, props: true },
    { path: '/:rest(.*)*', component: MissingView },
  ],
})
