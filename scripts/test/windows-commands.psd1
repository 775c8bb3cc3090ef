# The commands of Windows that the scripts call and no test may really run: name -> parameters in use.
# NAME? is a switch, NAME< takes values from the pipeline. On Windows WindowsCommands.Tests.ps1 holds this table against
# the commands themselves; test/scripts/pester.test.ts holds the scripts against it.
@{
    # Windows features, capabilities, packages
    'Add-WindowsCapability'            = 'Online? Name Source LimitAccess?'
    'Get-AppxPackage'                  = 'AllUsers?'
    'Get-AppxProvisionedPackage'       = 'Online?'
    'Get-WindowsCapability'            = 'Online? Name'
    'Get-WindowsFeature'               = 'Name'
    'Install-WindowsFeature'           = 'Name'
    'Remove-AppxPackage'               = 'AllUsers? Package'

    # Services, tasks, the machine
    'Get-CimInstance'                  = 'ClassName Namespace Filter'
    'Get-ScheduledTask'                = 'TaskName'
    'Get-ScheduledTaskInfo'            = 'TaskName'
    'Get-Service'                      = 'Name'
    'New-ScheduledTaskAction'          = 'Execute Argument'
    'New-ScheduledTaskPrincipal'       = 'UserId LogonType RunLevel'
    'New-ScheduledTaskSettingsSet'     = 'ExecutionTimeLimit AllowStartIfOnBatteries? DontStopIfGoingOnBatteries? MultipleInstances'
    'Register-ScheduledTask'           = 'TaskName Action Settings Principal User Password RunLevel Force?'
    'Restart-Service'                  = 'Name Force?'
    'Set-Service'                      = 'Name StartupType'
    'Start-ScheduledTask'              = 'TaskName'
    'Start-Service'                    = 'Name'
    'Stop-Computer'                    = 'Force?'
    'Stop-Service'                     = 'Name Force?'
    'Unregister-ScheduledTask'         = 'TaskName Confirm?'

    # Network
    'Get-NetFirewallPortFilter'        = 'AssociatedNetFirewallRule<'
    'Get-NetFirewallRule'              = 'Name DisplayName'
    'Get-NetTCPConnection'             = 'LocalPort State'
    'Invoke-WebRequest'                = 'Uri OutFile UseBasicParsing?'
    'New-NetFirewallRule'              = 'Name DisplayName Enabled Profile Direction Action EdgeTraversalPolicy LocalPort Protocol'
    'Remove-NetFirewallRule'           = 'InputObject<'
    'Set-NetFirewallRule'              = 'Name Enabled Profile Action LocalPort'

    # Users
    'Get-LocalUser'                    = ''
    'Set-LocalUser'                    = 'SID Password'

    # Registry and access lists
    'Get-Acl'                          = 'LiteralPath'
    'New-ItemProperty'                 = 'LiteralPath Name PropertyType Value Force?'
    'Remove-ItemProperty'              = 'LiteralPath Name'
    'Set-ItemProperty'                 = 'LiteralPath Name Value'
}
