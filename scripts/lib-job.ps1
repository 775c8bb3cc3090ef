# Jobs: scripts that a scheduled task runs and that outlive the session. Where a job keeps what, for job.ps1 and job-task.ps1.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# The files of a job. parameters: base64 of JSON as a script reads it, gone as soon as the task has read it.
function Get-IngotJobPath {
    param([Parameter(Mandatory = $true)][string]$Name)
    # It becomes part of a path, of a task's name and of a command line.
    if ($Name -cnotmatch '^[a-z][a-z0-9-]{0,59}$') { Stop-Ingot -Code 'guest.parameters' -Message ('Expected the name of a job, found {0}.' -f $Name) }
    $folder = Join-Path -Path (Join-Path -Path $IngotFolder -ChildPath 'jobs') -ChildPath $Name
    return @{
        folder     = $folder
        parameters = Join-Path -Path $folder -ChildPath 'parameters.json'
        state      = Join-Path -Path $folder -ChildPath 'state.json'
        log        = Join-Path -Path $folder -ChildPath 'log.txt'
        result     = Join-Path -Path $folder -ChildPath 'result.json'
        task       = 'ingot-job-' + $Name
    }
}

# A JSON file of a job as an object; $null when it is not there or just being replaced.
function Read-IngotJobFile {
    param([Parameter(Mandatory = $true)][string]$Path)
    try {
        $text = (@(Get-IngotLine -Path $Path) -join '')
        if ($text -ne '') { return ConvertFrom-Json -InputObject $text }
    }
    catch { Write-Verbose -Message 'read after the next change' }
    return $null
}

# What became of a job: none, ended, running, restarted (Windows did, meanwhile), died.
function Get-IngotJobState {
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Path)
    $state = Read-IngotJobFile -Path $Path.state
    if ($null -eq $state) { return 'none' }
    # Asked for before the result: a job that ends in between has left one.
    $running = Test-IngotTaskRunning -Name $Path.task
    if (Test-Path -LiteralPath $Path.result) { return 'ended' }
    if ([string]$state.bootTime -ne (Get-IngotBootTime)) { return 'restarted' }
    if ($running) { return 'running' }
    # The task is not there at once after it was started. A clock that was set back meanwhile makes a negative age.
    $age = ([DateTime]::UtcNow - [DateTime]::Parse([string]$state.started, [Globalization.CultureInfo]::InvariantCulture, 'RoundtripKind')).TotalSeconds
    if ($age -ge 0 -and $age -lt 30) { return 'running' }
    return 'died'
}
