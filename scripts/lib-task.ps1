# Scheduled tasks that outlive the SSH session which starts them.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# A task that is started by hand and runs one of the uploaded scripts. The processes of an SSH session die with it (sshd
# keeps them in a job that kills on close); a task outlives it. Without a password it runs as SYSTEM.
function Register-IngotTask {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][string]$Script, [string]$Argument = '', [string]$User = '', [string]$Password = '')
    $program = Join-Path -Path $env:SystemRoot -ChildPath 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "{0}" {1}' -f $Script, $Argument
    $action = New-ScheduledTaskAction -Execute $program -Argument $arguments.TrimEnd()
    # By default a task is ended after 3 days, does not start on battery power, which some VMs pretend to have, and runs below
    # normal priority with slow access to the disk (7; 4 is normal: Microsoft Learn, "TaskSettings.Priority").
    $settings = New-ScheduledTaskSettingsSet -Priority 4 -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -MultipleInstances IgnoreNew
    $who = @{ User = $User; Password = $Password; RunLevel = 'Highest' }
    if ($Password -eq '') { $who = @{ Principal = (New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest) } }
    [void](Register-ScheduledTask -TaskName $Name -Action $action -Settings $settings -Force @who)
}

function Test-IngotTaskRunning {
    param([Parameter(Mandatory = $true)][string]$Name)
    $task = $null
    for ($try = 1; ; $try++) {
        try { $task = Get-ScheduledTask -TaskName $Name -ErrorAction Stop; break }
        catch {
            if ($_.CategoryInfo.Category -eq 'ObjectNotFound') { return $false }
            # WMI, which is asked, may be away for a moment. No answer is not a no: a job at work would be started twice.
            if ($try -ge 5) { throw }
            Start-Sleep -Seconds 2
        }
    }
    return ($null -ne $task) -and (@('Running', 'Queued') -contains $task.State.ToString())
}
